package disk

import (
	"os"

	"golang.org/x/sys/windows"
)

// Links returns the number of hard links of an open file: the names that it has, 1 as a rule, in any folders.
func Links(file *os.File) (uint64, error) {
	var info windows.ByHandleFileInformation
	err := windows.GetFileInformationByHandle(windows.Handle(file.Fd()), &info)
	return uint64(info.NumberOfLinks), err
}
