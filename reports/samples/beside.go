package samples

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Beside returns the panels beside each other as a PNG file, for programs that show no SVG: the drawings of Samples or, of images, their
// first ones, in grids. It returns nil if the data have no points.
func Beside(panels []Panel, images *Pictures) []byte {
	switch {
	case images != nil:
		return encode(images.beside())
	case len(panels) == 0 || len(panels[0].Points) == 0 || len(panels[0].Points[0]) == 0:
		return nil
	}
	x := SpanOf(panels[0], 0)
	if len(panels[0].Points[0]) == 1 {
		return encode(inLine(histogramPlots(panels, x), histogramWidth, histogramHeight))
	}
	y := SpanOf(panels[0], 1)
	var plots []*plot.Plot
	var height vg.Length
	titles := panelTitles(panels, panelWidth)
	for i, panel := range panels {
		var p *plot.Plot
		p, height, _ = scatter(panel, titles[i], panelColour(panels, i), x, y, panelWidth)
		plots = append(plots, p)
	}
	return encode(inLine(plots, panelWidth, height))
}

// inLine paints plots of one size from left to right.
func inLine(plots []*plot.Plot, width, height vg.Length) image.Image {
	all := vg.Length(len(plots)) * width
	canvas := vgimg.New(all, height)
	whole := vgdraw.New(canvas)
	for i, p := range plots {
		left := vg.Length(i) * width
		p.Draw(vgdraw.Crop(whole, left, left+width-all, 0, 0))
	}
	return canvas.Image()
}

// beside paints the grids of the panels from left to right, enlarged to where single pixels can be seen.
func (p Pictures) beside() image.Image {
	const shown, gap = 240, 12
	var sheets []*image.NRGBA
	for _, panel := range p.Panels {
		sheets = append(sheets, p.tiled(inGrid(panel), pictureColumns))
	}
	size := sheets[0].Bounds().Size()
	factor := max(1, shown/size.X)
	all := image.NewNRGBA(image.Rect(0, 0, len(sheets)*(size.X*factor+gap)-gap, size.Y*factor))
	draw.Draw(all, all.Bounds(), image.White, image.Point{}, draw.Src)
	for i, sheet := range sheets {
		left := i * (size.X*factor + gap)
		for y := range size.Y * factor {
			for x := range size.X * factor {
				if at := sheet.NRGBAAt(x/factor, y/factor); at.A > 0 {
					all.SetNRGBA(left+x, y, at)
				}
			}
		}
	}
	return all
}

func encode(picture image.Image) []byte {
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		panic("samples: write to memory: " + err.Error())
	}
	return file.Bytes()
}
