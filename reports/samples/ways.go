package samples

import (
	"fmt"

	"flowsweep/reports/figure"
	"flowsweep/reports/motion"
	"flowsweep/reports/number"
)

// Ways returns the figure of images on their way from noise to data, a row for each time; none if the flow is of no images.
func Ways(f *motion.Flow) []figure.Figure {
	if f == nil || f.Images == nil {
		return nil
	}
	m := f.Images
	rows, names := make([][][]float64, len(motion.Moments)), make([]string, len(motion.Moments))
	for k, t := range motion.Moments {
		names[k] = "t = " + number.Round(t)
		for _, of := range m.Pixels {
			pixels := make([]float64, len(of[k]))
			for i, shade := range of[k] {
				pixels[i] = float64(shade)
			}
			rows[k] = append(rows[k], pixels)
		}
	}
	p := Pictures{Shape: m.Shape, High: 255}
	table := figure.Table{Head: []string{"t", "mean of the pixels", "std"}}
	for k := range rows {
		var shown []float64
		for _, pixels := range rows[k] {
			for _, shade := range pixels {
				shown = append(shown, m.Low+shade/255*(m.High-m.Low))
			}
		}
		mean, std := Moments(shown)
		table.Add(number.Round(motion.Moments[k]), number.Text(mean), number.Text(std))
	}
	title := "images on their way"
	fig := figure.Figure{Title: "Images on their way from noise to data", Table: table, Caption: fmt.Sprintf(
		"%s of the chosen net at five times, each a column, in the brightness of the data: the flow itself, solved densely, and not the steps of the chosen solver. What is darker or brighter is cut off.",
		number.Plural(len(m.Pixels), "image"))}
	fig.Drawings = append(fig.Drawings, p.sheet(title, "Images in columns, a row for each time from noise to data.", rows, names, len(m.Pixels)))
	return []figure.Figure{fig}
}
