//go:build !unix

package pipeline

// beNice does nothing where there is no such priority.
func beNice() {}
