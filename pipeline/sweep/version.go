package sweep

// Version is the version of the program. A release changes it here, and nowhere else.
const Version = "0.1.0"
