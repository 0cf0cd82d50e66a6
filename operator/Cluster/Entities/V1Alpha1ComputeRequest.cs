using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <summary>Compute that a tenant wants to have bought, in any cluster whose operator runs as a tenant's.</summary>
[KubernetesEntity(Group = "compute.federation", ApiVersion = "v1alpha1", Kind = "ComputeRequest", PluralName = "computerequests")]
[KubernetesEntityShortNames("creq"), KubernetesEntityCategories("federation"), StorageVersion]
[Description("Compute that is bought from datacenters of the federation and kept bought, as long as this object is there.")]
[GenericAdditionalPrinterColumn(".status.conditions[?(@.type==\"Ready\")].status", "READY", "string")]
[GenericAdditionalPrinterColumn(".status.conditions[?(@.type==\"Ready\")].reason", "REASON", "string")]
[GenericAdditionalPrinterColumn(".status.readyReplicas", "SERVING", "integer", Description = "Replicas that are ready.")]
[GenericAdditionalPrinterColumn(".spec.replicas", "REPLICAS", "integer")]
[GenericAdditionalPrinterColumn(".metadata.creationTimestamp", "AGE", "date")]
[GenericAdditionalPrinterColumn(".status.wallet", "WALLET", "string", Priority = PrinterColumnPriority.WideView)]
[GenericAdditionalPrinterColumn(".status.funded", "FUNDED", "string", Priority = PrinterColumnPriority.WideView, Description = "Smallest units in escrow of the leases that there are, the claimed part included.")]
[GenericAdditionalPrinterColumn(".status.spent", "SPENT", "string", Priority = PrinterColumnPriority.WideView, Description = "Smallest units that leases of this request were claimed so far, those that are over included.")]
[GenericAdditionalPrinterColumn(".status.escrow", "ESCROW", "string", Priority = PrinterColumnPriority.WideView, Description = "Smallest units in escrow now.")]
public sealed record V1Alpha1ComputeRequest : CustomKubernetesEntity<ComputeRequestSpec, ComputeRequestStatus>;
