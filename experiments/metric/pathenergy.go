package metric

import "math"

// energyPoints is the number of paths whose energy npe uses, and of points of the exact transport.
const energyPoints = 1_000

// NPE is the normalised path energy (Tong et al. 2024, arXiv 2302.00482), with p and q the ends of the flow:
//
//	|E integral over t of |u(t, x_t)|^2 - W2^2(p, q)| / W2^2(p, q)
var NPE = Metric{
	Name:  "npe",
	Doc:   "Normalised path energy: the excess of the kinetic energy of the model's paths over that of straight optimal transport, as a fraction of the latter.",
	OfNet: normalisedPathEnergy,
	Least: "The smallest value is 0, that of straight paths that do not cross.",
}

func normalisedPathEnergy(net Model) (Measurement, error) {
	x0 := net.Start(energyPoints)
	energies, err := net.Energies(x0)
	if err != nil {
		return Measurement{}, err
	}
	judge, err := W2.Judge(net.HeldOut(energyPoints))
	if err != nil {
		return Measurement{}, err
	}
	straight, err := judge(x0)
	if err != nil {
		return Measurement{}, err
	}
	m, square := Mean(energies), straight.Value*straight.Value
	ratio := m.Value / square
	// By the delta method. The relative error of the squared distance is twice that of the distance.
	se := ratio * math.Hypot(m.SE/m.Value, 2*straight.SE/straight.Value)
	return Measurement{Value: math.Abs(ratio - 1), SE: se}, nil
}
