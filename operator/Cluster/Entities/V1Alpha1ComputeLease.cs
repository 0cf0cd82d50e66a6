using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <summary>One on-chain lease and the workload that it runs.</summary>
[KubernetesEntity(Group = "compute.federation", ApiVersion = "v1alpha1", Kind = "ComputeLease", PluralName = "computeleases")]
[KubernetesEntityShortNames("clease"), KubernetesEntityCategories("federation"), StorageVersion]
[Description("One on-chain lease of this datacenter's capacity, and the workload that it runs.")]
[GenericAdditionalPrinterColumn(".status.conditions[?(@.type==\"Ready\")].status", "READY", "string")]
[GenericAdditionalPrinterColumn(".status.conditions[?(@.type==\"Ready\")].reason", "REASON", "string")]
[GenericAdditionalPrinterColumn(".spec.chain.resources.gpuA.count", "GPU", "integer", Description = "Devices of the lease's first model class.")]
[GenericAdditionalPrinterColumn(".status.escrow.expectedEnd", "EXPIRES", "string", Description = "When escrow reaches the closing reserve at full load.")]
[GenericAdditionalPrinterColumn(".metadata.creationTimestamp", "AGE", "date")]
[GenericAdditionalPrinterColumn(".spec.chain.chainId", "CHAIN", "integer", Priority = PrinterColumnPriority.WideView)]
[GenericAdditionalPrinterColumn(".spec.chain.leaseId", "LEASE", "string", Priority = PrinterColumnPriority.WideView)]
[GenericAdditionalPrinterColumn(".status.escrow.paid", "SPENT", "string", Priority = PrinterColumnPriority.WideView)]
[GenericAdditionalPrinterColumn(".status.usage.coverage", "COVERAGE", "string", Priority = PrinterColumnPriority.WideView)]
public sealed record V1Alpha1ComputeLease : CustomKubernetesEntity<ComputeLeaseSpec, ComputeLeaseStatus>;
