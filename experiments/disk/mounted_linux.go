package disk

import (
	"errors"

	"golang.org/x/sys/unix"
)

// MountedAlone reports whether the file at the path is a mount of its own, as of `docker run -v runs.db:/runs.db`, so that the
// files beside it are not those beside the original. A kernel before 5.8 cannot tell.
func MountedAlone(path string) (bool, error) {
	var s unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, 0, 0, &s)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) { // an old kernel, or a sandbox that does not know the call
		return false, nil
	}
	return s.Attributes_mask&s.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0, err
}
