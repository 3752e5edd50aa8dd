package ode

// The methods with one or two stages. Heun is the explicit trapezoidal rule (Karras et al. 2022, algorithm 1, without
// churn). Ralston has the smallest bound on its truncation error of all second-order methods with two stages
// ("Runge-Kutta methods with minimum error bounds", 1962).
var (
	Euler    = Solver{Name: "euler", Order: 1, Noisy: true, A: [][]float64{{}}, B: []float64{1}, C: []float64{0}}
	Midpoint = Solver{Name: "midpoint", Order: 2, A: [][]float64{{}, {.5}}, B: []float64{0, 1}, C: []float64{0, .5}}
	Heun     = Solver{Name: "heun", Order: 2, Noisy: true, A: [][]float64{{}, {1}}, B: []float64{.5, .5}, C: []float64{0, 1}}
	Ralston  = Solver{
		Name: "ralston", Order: 2,
		A: [][]float64{{}, {2. / 3}},
		B: []float64{.25, .75},
		C: []float64{0, 2. / 3},
	}
)

// Kutta's methods of 1901: his third-order method, the classical fourth-order one, and the 3/8 rule.
var (
	RK3 = Solver{
		Name: "rk3", Order: 3,
		A: [][]float64{{}, {.5}, {-1, 2}},
		B: []float64{1. / 6, 2. / 3, 1. / 6},
		C: []float64{0, .5, 1},
	}
	RK4 = Solver{
		Name: "rk4", Order: 4,
		A: [][]float64{{}, {.5}, {0, .5}, {0, 0, 1}},
		B: []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6},
		C: []float64{0, .5, .5, 1},
	}
	RK438 = Solver{
		Name: "rk4-38", Order: 4,
		A: [][]float64{{}, {1. / 3}, {-1. / 3, 1}, {1, -1, 1}},
		B: []float64{1. / 8, 3. / 8, 3. / 8, 1. / 8},
		C: []float64{0, 1. / 3, 2. / 3, 1},
	}
)

// Bosh3 is the 3(2) pair of Bogacki and Shampine ("A 3(2) pair of Runge-Kutta formulas", 1989).
var Bosh3 = Solver{
	Name: "bosh3", Order: 3, FSAL: true,
	A: [][]float64{{}, {1. / 2}, {0, 3. / 4}, {2. / 9, 1. / 3, 4. / 9}},
	B: []float64{2. / 9, 1. / 3, 4. / 9, 0},
	C: []float64{0, 1. / 2, 3. / 4, 1},
	E: []float64{-5. / 72, 1. / 12, 1. / 9, -1. / 8},
}

// Dopri5 is the 5(4) pair of Dormand and Prince ("A family of embedded Runge-Kutta formulae", 1980).
var Dopri5 = Solver{
	Name: "dopri5", Order: 5, FSAL: true,
	A: [][]float64{
		{},
		{1. / 5},
		{3. / 40, 9. / 40},
		{44. / 45, -56. / 15, 32. / 9},
		{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
		{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
		{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
	},
	B: []float64{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84, 0},
	C: []float64{0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1},
	E: []float64{71. / 57600, 0, -71. / 16695, 71. / 1920, -17253. / 339200, 22. / 525, -1. / 40},
}

// Tsit5 is the 5(4) pair of Tsitouras ("Runge-Kutta pairs of order 5(4) satisfying only the first column simplifying
// assumption", 2011). The paper prints decimals, and the order conditions hold to their last digit.
var Tsit5 = Solver{
	Name: "tsit5", Order: 5, FSAL: true,
	A: [][]float64{
		{},
		{0.161},
		{-0.008480655492356989, 0.335480655492357},
		{2.8971530571054935, -6.359448489975075, 4.3622954328695815},
		{5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525},
		{5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383},
		{0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774},
	},
	B: []float64{0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774, 0},
	C: []float64{0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1},
	E: []float64{
		0.00178001105222577714, 0.0008164344596567469, -0.007880878010261995, 0.1447110071732629, -0.5823571654525552,
		0.45808210592918697, -1. / 66,
	},
}

// The adaptive methods at fixed steps, as sampler files take them.
var (
	Bosh3Fixed  = Bosh3.AtFixedSteps()
	Dopri5Fixed = Dopri5.AtFixedSteps()
	Tsit5Fixed  = Tsit5.AtFixedSteps()
)

// Solvers lists every solver, the most common first.
var Solvers = []Solver{Euler, Midpoint, Heun, RK4, Ralston, RK3, RK438, Bosh3, Dopri5, Tsit5, Bosh3Fixed, Dopri5Fixed, Tsit5Fixed, AB2, AB3, DPM2M}
