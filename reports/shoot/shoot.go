// Command shoot takes pictures of pages in headless Chromium: of the top of one page, or of whole pages in the windows that people
// have, to look at.
//
//	go run ./reports/shoot [-width 1280] [-height 1000] [-dark] PAGE.html PICTURE.png
//	go run ./reports/shoot -all FOLDER  # of each page FOLDER/*/report.html, beside it
package main

import (
	"bytes"
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"

	"flowsweep/reports/browser"
)

func main() {
	width := flag.Int("width", 1280, "of the window, in `px`")
	height := flag.Int("height", 1000, "of the window, in `px`")
	dark := flag.Bool("dark", false, "in dark mode")
	all := flag.String("all", "", "take pictures of each page in this `folder`, wide and narrow, light and dark")
	flag.Parse()
	if (*all == "") != (flag.NArg() == 2) || (*all != "" && flag.NArg() > 0) {
		fmt.Fprintln(os.Stderr, "shoot: give a page and the file of its picture, or -all and a folder")
		os.Exit(2)
	}
	if err := shoot(*all, flag.Args(), browser.View{Width: *width, Height: *height, Dark: *dark}); err != nil {
		fmt.Fprintln(os.Stderr, "shoot:", err)
		os.Exit(1)
	}
}

func shoot(all string, files []string, v browser.View) error {
	b, err := browser.Start()
	if err != nil {
		return err
	}
	defer b.Close()
	if all == "" {
		return top(b, files[0], files[1], v)
	}
	pages, err := filepath.Glob(filepath.Join(all, "*", "report.html"))
	if err != nil {
		return err
	}
	if len(pages) == 0 {
		return fmt.Errorf("there is no page %s: make some first", filepath.Join(all, "*", "report.html"))
	}
	for _, page := range pages {
		for _, v := range []browser.View{{Width: 1440, Height: 900}, {Width: 390, Height: 844, Touch: true}} {
			for _, v.Dark = range []bool{false, true} {
				if err := whole(b, page, v); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// top takes a picture of what the window shows first, in at most 256 colours, so that the file is small.
func top(b *browser.Browser, page, picture string, v browser.View) error {
	tab, err := b.Open(page, v)
	if err != nil {
		return err
	}
	defer tab.Close()
	shot, err := tab.Screenshot(0, v.Height)
	if err != nil {
		return err
	}
	full, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, fewColours(full)); err != nil {
		return err
	}
	return os.WriteFile(picture, out.Bytes(), 0o644)
}

// whole takes pictures of a page from top to bottom, in parts that viewers can show.
func whole(b *browser.Browser, page string, v browser.View) error {
	const most = 4000 // px
	tab, err := b.Open(page, v)
	if err != nil {
		return err
	}
	defer tab.Close()
	length, err := browser.Eval[int](tab, "document.documentElement.scrollHeight")
	if err != nil {
		return err
	}
	mode := map[bool]string{false: "light", true: "dark"}[v.Dark]
	fmt.Printf("%s is %d px long at a width of %d\n", page, length, v.Width)
	for part := range (length + most - 1) / most {
		shot, err := tab.Screenshot(part*most, min(most, length-part*most))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(page), fmt.Sprintf("%d-%s-%d.png", v.Width, mode, part+1)), shot, 0o644); err != nil {
			return err
		}
	}
	return nil
}
