package place

import (
	"os"
	"path/filepath"
	"time"
)

// Log is the write-ahead log of a store and its index.
type Log struct {
	Path, Index string
	Size        int64 // of the log; 0 if there is none
}

// LogOf returns that of the store at path, which is beside the file that a symbolic link leads to.
func LogOf(path string) Log {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	log := Log{Path: path + "-wal", Index: path + "-shm"}
	if info, err := os.Stat(log.Path); err == nil {
		log.Size = info.Size()
	}
	return log
}

// State changes when a process writes to a store or its log.
type State struct {
	Size, Log int64 // of the file and of its log, in bytes
	Changed   time.Time
}

// StateOf returns the state of the store at path.
func StateOf(path string) State {
	info, err := os.Stat(path)
	if err != nil {
		return State{}
	}
	return State{info.Size(), LogOf(path).Size, info.ModTime()}
}
