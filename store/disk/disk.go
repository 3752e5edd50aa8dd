// Package disk is what the program asks of files beyond reading and writing them, on every operating system: locks that die
// with their process, hard links, network file systems, permission to write; and files that are written in full or not at all.
package disk

import "runtime"

// OwnLocks reports whether the locks of TryLock are apart from those with which SQLite locks its files, so that one file can
// have both. On Linux flock and fcntl do not see each other, and on Windows they lock other bytes; on BSD and macOS they meet.
const OwnLocks = runtime.GOOS == "linux" || runtime.GOOS == "windows"
