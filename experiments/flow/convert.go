package flow

import "fmt"

// Prediction is what a net says of a point on a path; on the same path one determines the others.
type Prediction string

// The predictions of arXiv 2412.06264, section 4.8.1: each is the mean, given X_t = x, of
//
//	v: alpha' X1 + sigma' X0    x1: X1    x0: X0    score: -X0 / sigma, which is grad log p_t(x)
//
// The last equality needs noise X0 ~ N(0, I) that is independent of X1: no ot or sinkhorn coupling.
const (
	PredictV     Prediction = "v"
	PredictX1    Prediction = "x1"
	PredictX0    Prediction = "x0"
	PredictScore Prediction = "score"
)

// Predictions lists every prediction.
var Predictions = []Prediction{PredictV, PredictX1, PredictX0, PredictScore}

// Convert returns what one prediction says of another at one time, as a new batch: value is the prediction from at the
// points x, both (n, d). With x = alpha x1 + sigma x0 and a prediction f = c x1 + e x0 the prediction g = c' x1 + e' x0 is
//
//	g = ((c' e - e' c) x + (alpha e' - sigma c') f) / (alpha e - sigma c)
//
// which holds all of table 1 of arXiv 2412.06264. An error says where that divides by 0: at t = 0 noise says nothing of
// the data, at t = 1 data nothing of the noise. ConvertField keeps clear of both.
func (p Path) Convert(from, to Prediction, t float64, x, value Batch) (Batch, error) {
	if err := CheckLike(x, value); err != nil {
		return Batch{}, fmt.Errorf("convert a prediction: %w", err)
	}
	ofX, ofValue := p.conversion(from, to, t)
	if !finite(ofX, ofValue) {
		return Batch{}, fmt.Errorf("%s says nothing of %s at t = %g on the path %s: convert at a time nearer to the middle",
			from, to, t, p)
	}
	out := NewBatch(x.Len(), x.Dim)
	for i := range out.Data {
		out.Data[i] = ofX*x.Data[i] + ofValue*value.Data[i]
	}
	return out, nil
}

// conversion returns the coefficients of the point and of the value; at a pole one of them is not finite.
func (p Path) conversion(from, to Prediction, t float64) (ofX, ofValue float64) {
	if from == to {
		return 0, 1
	}
	alpha, sigma := p.Alpha(t), p.Sigma(t)
	// The score is the noise in other units, and goes by way of it: that is exact even where 1/sigma is not finite.
	in, out := 1., 1.
	if from == PredictScore {
		from, in = PredictX0, -sigma
	}
	if to == PredictScore {
		to, out = PredictX0, -1/sigma
	}
	if from == to {
		return 0, in * out
	}
	fromX1, fromX0 := p.parts(from, t)
	toX1, toX0 := p.parts(to, t)
	det := alpha*fromX0 - sigma*fromX1
	return out * (toX1*fromX0 - toX0*fromX1) / det, in * out * (alpha*toX0 - sigma*toX1) / det
}

// parts returns what a prediction is made of: its coefficients of X1 and of X0.
func (p Path) parts(of Prediction, t float64) (x1, x0 float64) {
	switch of {
	case PredictV:
		return p.DAlpha(t), p.DSigma(t)
	case PredictX1:
		return 1, 0
	case PredictX0:
		return 0, 1
	default:
		panic("flow: unknown prediction " + string(of))
	}
}

// convertMargin is how far from a pole ConvertField keeps. The error of a net is multiplied by up to 1/convertMargin there:
// the common choice for sampling (arXiv 2401.08740), as a margin of 1e-5 would drown the sample.
const convertMargin = 1e-3

// ConvertField returns the field of one prediction made of a field of another, for example the velocity of a net that
// predicts X1. Where the conversion has a pole at t = 0 or t = 1, a time nearer to it than 1e-3 counts as 1e-3 from it,
// for the field and for the conversion.
func (p Path) ConvertField(from, to Prediction, f Field) Field {
	fit := func(t float64) bool { return finite(p.conversion(from, to, t)) }
	return func(t float64, x Batch) (Batch, error) {
		t = keepClear(t, convertMargin, fit)
		value, err := f(t, x)
		if err != nil {
			return Batch{}, err
		}
		return p.Convert(from, to, t, x, value)
	}
}
