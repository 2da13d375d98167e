module kubectl-diagnose.test/bed

go 1.24
