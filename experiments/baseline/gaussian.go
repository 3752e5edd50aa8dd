package baseline

import (
	"gonum.org/v1/gonum/mat"

	"flowsweep/experiments/flow"
)

// Gaussian draws from N(m, C), where m and C are the mean and the covariance matrix, with divisor n, of the training rows.
var Gaussian = Baseline{
	Name: "gaussian",
	Doc:  "A normal distribution with the mean and the full covariance matrix of the training rows.",
	Fit:  fitGaussian,
}

func fitGaussian(of Data) (Sampler, error) {
	if err := checkRows(of.Rows); err != nil {
		return nil, err
	}
	z, back, _ := standard(of.Rows)
	factor := covarianceFactor(z)
	return func(n int, stream *flow.Stream) flow.Batch {
		noise, x := flow.NewBatch(n, z.Dim), flow.NewBatch(n, z.Dim)
		stream.Normal(noise, 0)
		if n > 0 {
			mat.NewDense(n, z.Dim, x.Data).Mul(mat.NewDense(n, z.Dim, noise.Data), factor)
		}
		return back.Apply(x)
	}, nil
}

// covarianceFactor returns F with F' F = z' z / n. Cholesky's factorisation is pivoted, so that rows in a plane, or fewer
// rows than coordinates, are no special case. The rows are standardised, so that its tolerance suits all coordinates.
func covarianceFactor(z flow.Batch) *mat.Dense {
	var gram mat.SymDense
	gram.SymOuterK(1/float64(z.Len()), mat.NewDense(z.Len(), z.Dim, z.Data).T())
	var cholesky mat.PivotedCholesky
	cholesky.Factorize(&gram, -1) // P' (z' z / n) P = U' U
	u, pivots := cholesky.RawU(), cholesky.ColumnPivots(nil)
	factor := mat.NewDense(z.Dim, z.Dim, nil)
	for i := range z.Dim {
		for k, j := range pivots {
			factor.Set(i, j, u.At(i, k)) // U P'
		}
	}
	return factor
}
