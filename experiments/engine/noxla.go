//go:build !xla

package engine

// optional lists the engines that need a build tag: `go build -tags xla`.
var optional []Engine
