package metric

// The metrics of a model are measured from its velocity field u(t, x), where that is, or from the law of its target; here
// they have their names.
var (
	// ExactMMD is MMD against the law of the target itself, a mixture of Gaussians, in place of a sample of it: see
	// MixtureMMD. Its bandwidth is that of the reference.
	ExactMMD = Metric{
		Name: "mmd-exact",
		Doc: "Squared maximum mean discrepancy, unbiased, between the samples and the target itself, a mixture of Gaussians: without the noise " +
			"of a reference sample, whose bandwidth it has.",
	}

	// NLL is the mean negative log likelihood of fresh data under the flow of u, in nats a point:
	//
	//	-E log p_1(X),  log p_1(x_1) = log p_0(x_0) - integral over t of div u(t, x_t)
	//
	// along the solution that ends in x_1 (Chen et al. 2018, "Neural ordinary differential equations").
	NLL = Metric{
		Name: "nll",
		Doc:  "Mean negative log likelihood of fresh data under the model's flow, in nats a point; its least value is the entropy of the target. Divided by d log 2 it is in bits a dimension.",
	}

	// ExcessLoss is the conditional flow-matching loss above the least any velocity can have, which is the marginal one:
	//
	//	E |u(t, X_t) - (alpha' X1 + sigma' X0)|^2 / d - V = E |u(t, X_t) - u*(t, X_t)|^2 / d
	//
	// with u* the exact velocity and d the dimension: like the training loss, it is a mean
	// over the coordinates. Unlike losses, excess losses compare across paths.
	ExcessLoss = Metric{
		Name: "excess-loss",
		Doc:  "Mean squared distance of the model's velocity from the exact one, which is the training loss less the floor no model can go below.",
	}

	// NPE is the normalised path energy (Tong et al. 2024, arXiv 2302.00482), with p and q the ends of the flow:
	//
	//	|E integral over t of |u(t, x_t)|^2 - W2^2(p, q)| / W2^2(p, q)
	NPE = Metric{
		Name: "npe",
		Doc:  "Normalised path energy: how much more kinetic energy the model's paths take than straight optimal transport, as a fraction of that.",
	}

	// PathRMSE is the root mean squared distance between where solver and steps end and where a dense solve of the same
	// field from the same noise ends, in the units of x: the error of discretisation alone.
	PathRMSE = Metric{
		Name: "path-rmse",
		Doc:  "Root mean squared distance, in the units of the data, between the samples and a dense solve of the same velocity from the same noise.",
	}
)
