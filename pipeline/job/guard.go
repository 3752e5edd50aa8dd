package job

import "fmt"

// Guard calls do and returns its panic, if any, as an error: a fit that asks for impossible amounts of memory must not take
// the others with it.
func Guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return do()
}
