//go:build !unix

package serve

// BeNice does nothing where there is no such priority.
func BeNice() {}
