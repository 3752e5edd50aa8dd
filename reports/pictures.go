package reports

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"

	"flowsweep/reports/number"
)

// Pictures are the truth and the samples of the chosen net as images.
type Pictures struct {
	Shape     []int   // channels, height and width
	Low, High float64 // of the pixels, shown as black and white
	Panels    []Panel // of rows of pixels; row i of every panel but the first belongs together
	Nearest   bool    // whether the last panel has the training images that are nearest to the samples
}

// pictureRows and pictureColumns are the sizes of a grid of images.
const pictureRows, pictureColumns = 6, 8

// pictures returns the figure of the images, a grid for each panel.
func pictures(p Pictures) figure {
	f := figure{Size: "mid", Caption: fmt.Sprintf("The first %d images each, in the same range of brightness.", pictureRows*pictureColumns)}
	if p.Nearest {
		f.Caption += " The last grid has, for every sample, the training image that is nearest to it: samples that look like it pixel by pixel are copies."
	}
	if c := p.Shape[0]; c != 1 && c != 3 {
		f.Caption += fmt.Sprintf(" Only the first of %d channels is shown.", c)
	}
	f.Table = table{Head: []string{"images", "count", "mean", "std"}, Text: 1}
	for _, panel := range p.Panels {
		f.Drawings = append(f.Drawings, p.grid(panel))
		var pixels []float64
		for _, row := range panel.Points {
			pixels = append(pixels, row...)
		}
		mean, std := moments(pixels)
		f.Table.add(panel.Title, number.Whole(len(panel.Points)), number.Text(mean), number.Text(std))
	}
	return f
}

// grid draws the first images of a panel, a pixel apart.
func (p Pictures) grid(panel Panel) template.HTML {
	height, width := p.Shape[1]+1, p.Shape[2]+1
	sheet := image.NewNRGBA(image.Rect(0, 0, pictureColumns*width-1, pictureRows*height-1))
	for i, row := range panel.Points[:min(len(panel.Points), pictureRows*pictureColumns)] {
		left, top := i%pictureColumns*width, i/pictureColumns*height
		for y := range p.Shape[1] {
			for x := range p.Shape[2] {
				sheet.SetNRGBA(left+x, top+y, p.pixel(row, y, x))
			}
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, sheet); err != nil {
		panic("reports: write to memory: " + err.Error())
	}
	const titleHeight, shown = 24, 320
	size := sheet.Bounds().Size()
	tall := shown * size.Y / size.X
	title := template.HTMLEscapeString(panel.Title)
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`+"\n<title>%s</title>\n<desc>A grid of images.</desc>"+
		`<text x="%d" y="16" text-anchor="middle" font-size="12.5">%s</text><image x="0" y="%d" width="%d" height="%d" style="image-rendering:pixelated" `+
		`href="data:image/png;base64,%s"/></svg>`,
		shown, tall+titleHeight, title, title, shown/2, title, titleHeight, shown, tall, base64.StdEncoding.EncodeToString(file.Bytes())))
}

// pixel returns a pixel of an image, of which rows lie one after the other, channel by channel. One that is not finite is
// red.
func (p Pictures) pixel(row []float64, y, x int) color.NRGBA {
	shade := func(channel int) (uint8, bool) {
		v := (row[(channel*p.Shape[1]+y)*p.Shape[2]+x] - p.Low) / (p.High - p.Low)
		return uint8(math.Round(255 * min(max(v, 0), 1))), number.Finite(v)
	}
	r, known := shade(0)
	g, b := r, r
	if p.Shape[0] == 3 {
		g, _ = shade(1)
		b, _ = shade(2)
	}
	if !known {
		return color.NRGBA{R: 200, A: 255}
	}
	return color.NRGBA{r, g, b, 255}
}
