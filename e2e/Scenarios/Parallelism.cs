// Scenarios start whole datacenters: two at once on two cores would wait for each other and measure nothing.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
