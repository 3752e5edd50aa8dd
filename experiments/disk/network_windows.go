package disk

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// NetworkFileSystem returns the name of the folder's file system if it is a network file system, and otherwise "".
func NetworkFileSystem(folder string) (string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	root, err := windows.UTF16PtrFromString(filepath.VolumeName(folder) + `\`)
	if err != nil {
		return "", err
	}
	if windows.GetDriveType(root) == windows.DRIVE_REMOTE {
		return filepath.VolumeName(folder), nil
	}
	return "", nil
}
