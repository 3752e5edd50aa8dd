package metric

import "math"

// energyPoints is the number of trajectories whose energy npe is from, and of points of the exact transport.
const energyPoints = 1_000

// NPE is the normalised path energy (Tong et al. 2024, arXiv 2302.00482), with p and q the ends of the flow:
//
//	|E integral over t of |u(t, x_t)|^2 - W2^2(p, q)| / W2^2(p, q)
var NPE = Metric{
	Name:  "npe",
	Doc:   "Normalised path energy: how much more kinetic energy the model's paths take than straight optimal transport, as a fraction of that.",
	OfNet: normalisedPathEnergy,
	Least: "The least is 0, that of straight paths which do not cross.",
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
	least, err := judge(x0)
	if err != nil {
		return Measurement{}, err
	}
	m, square := Mean(energies), least.Value*least.Value
	ratio := m.Value / square
	// By the delta method, from the energy and from the distance, whose square has the relative error twice its own.
	se := ratio * math.Hypot(m.SE/m.Value, 2*least.SE/least.Value)
	return Measurement{Value: math.Abs(ratio - 1), SE: se}, nil
}
