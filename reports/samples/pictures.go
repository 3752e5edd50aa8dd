package samples

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"

	"flowsweep/reports/conditional"
	"flowsweep/reports/figure"
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
func pictures(p Pictures) figure.Figure {
	f := figure.Figure{Size: "mid", Caption: fmt.Sprintf("The first %d images each, in the same range of brightness.", pictureRows*pictureColumns)}
	if p.Nearest {
		f.Caption += " The last grid has, for every sample, the training image that is nearest to it: samples that look like it pixel by pixel are copies."
	}
	if c := p.Shape[0]; c != 1 && c != 3 {
		f.Caption += fmt.Sprintf(" Only the first of %d channels is shown.", c)
	}
	f.Table = figure.Table{Head: []string{"images", "count", "mean", "std"}, Text: 1}
	for _, panel := range p.Panels {
		f.Drawings = append(f.Drawings, p.grid(panel))
		var pixels []float64
		for _, row := range panel.Points {
			pixels = append(pixels, row...)
		}
		mean, std := Moments(pixels)
		f.Table.Add(panel.Title, number.Whole(len(panel.Points)), number.Text(mean), number.Text(std))
	}
	return f
}

// grid draws the first images of a panel, a pixel apart.
func (p Pictures) grid(panel Panel) template.HTML {
	return p.sheet(panel.Title, "A grid of images.", inGrid(panel), nil, pictureColumns)
}

// inGrid returns the first images of a panel in rows.
func inGrid(panel Panel) [][][]float64 {
	rows := make([][][]float64, pictureRows)
	for i, pixels := range panel.Points[:min(len(panel.Points), pictureRows*pictureColumns)] {
		rows[i/pictureColumns] = append(rows[i/pictureColumns], pixels)
	}
	return rows
}

// sheet draws rows of images, a pixel apart, with the names of the rows at the left if there are any.
func (p Pictures) sheet(title, description string, rows [][][]float64, names []string, columns int) template.HTML {
	sheet := p.tiled(rows, columns)
	var file bytes.Buffer
	if err := png.Encode(&file, sheet); err != nil {
		panic("reports: write to memory: " + err.Error())
	}
	const titleHeight, shown, nameWidth = 24, 320, 78
	left := 0
	if len(names) > 0 {
		left = nameWidth
	}
	size := sheet.Bounds().Size()
	tall := (shown - left) * size.Y / size.X
	var text strings.Builder
	for i, name := range figure.Fitted(names, 11.5, nameWidth-6) {
		fmt.Fprintf(&text, `<text x="%d" y="%.1f" text-anchor="end" font-size="11.5">%s</text>`,
			left-6, titleHeight+float64(tall)*(float64(i)+.5)/float64(len(rows))+4, template.HTMLEscapeString(name))
	}
	title = template.HTMLEscapeString(title)
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`+"\n<title>%s</title>\n<desc>%s</desc>"+
		`<text x="%d" y="16" text-anchor="middle" font-size="12.5">%s</text>%s<image x="%d" y="%d" width="%d" height="%d" style="image-rendering:pixelated" `+
		`href="data:image/png;base64,%s"/></svg>`,
		shown, tall+titleHeight, title, title, template.HTMLEscapeString(description), left+(shown-left)/2, title, text.String(), left, titleHeight, shown-left, tall,
		base64.StdEncoding.EncodeToString(file.Bytes())))
}

// tiled returns rows of images as one, a pixel apart.
func (p Pictures) tiled(rows [][][]float64, columns int) *image.NRGBA {
	height, width := p.Shape[1]+1, p.Shape[2]+1
	sheet := image.NewNRGBA(image.Rect(0, 0, columns*width-1, len(rows)*height-1))
	for i, row := range rows {
		for j, pixels := range row {
			for y := range p.Shape[1] {
				for x := range p.Shape[2] {
					sheet.SetNRGBA(j*width+x, i*height+y, p.pixel(pixels, y, x))
				}
			}
		}
	}
	return sheet
}

// classColumns is the number of images of a class in a row.
const classColumns = 8

// Pictures returns the figure of images, a row for each class: samples, and the truth beside them.
func (c Conditioned) Pictures(p Pictures) figure.Figure {
	classes, left := c.Drawn()
	f := figure.Figure{Title: "Images of each " + c.Given.Label, Table: figure.Table{Head: []string{c.Given.Label, "samples", c.Real}, Text: 1}}
	f.Caption = fmt.Sprintf("%s, a row for each %s, beside images of %s. The first %d of each class, in no order of quality.",
		c.Of(), c.Given.Label, c.Real, classColumns) + conditional.LeftNote(left)
	names := make([]string, len(classes))
	var samples, truth [][][]float64
	first := func(x conditional.Points, k int) [][]float64 {
		points := x.Only(k)
		return points[:min(len(points), classColumns)]
	}
	for i, k := range classes {
		names[i] = c.Given.Classes[k]
		samples, truth = append(samples, first(c.Samples, k)), append(truth, first(c.Truth, k))
		f.Table.Add(names[i], number.Whole(len(c.Samples.Only(k))), number.Whole(len(c.Truth.Only(k))))
	}
	description := "Images, a row for each of these: " + strings.Join(names, ", ") + "."
	f.Drawings = append(f.Drawings, p.sheet("samples, given the "+c.Given.Label, description, samples, names, classColumns),
		p.sheet(p.Panels[0].Title, description, truth, names, classColumns))
	return f
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
