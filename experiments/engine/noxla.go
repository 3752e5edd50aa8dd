//go:build !xla

package engine

// optional are the engines that a build has only if asked for: `go build -tags xla`.
var optional []Engine
