package job

import "fmt"

// Guard returns the panic of do, if there is one, as an error: a fit that asks for more memory than there can be must
// not take the others with it.
func Guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return do()
}
