using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <summary>This member of the federation.</summary>
[KubernetesEntity(Group = "compute.federation", ApiVersion = "v1alpha1", Kind = "Datacenter", PluralName = "datacenters")]
[EntityScope(EntityScope.Cluster), KubernetesEntityShortNames("dc"), KubernetesEntityCategories("federation"), StorageVersion]
[Description("This member of the federation: what it offers, at which price, and how it stands.")]
[GenericAdditionalPrinterColumn(".status.conditions[?(@.type==\"Ready\")].status", "READY", "string")]
[GenericAdditionalPrinterColumn(".status.conditions[?(@.type==\"Ready\")].reason", "REASON", "string")]
[GenericAdditionalPrinterColumn(".spec.region", "REGION", "string")]
[GenericAdditionalPrinterColumn(".status.leases", "LEASES", "integer")]
[GenericAdditionalPrinterColumn(".metadata.creationTimestamp", "AGE", "date")]
[GenericAdditionalPrinterColumn(".spec.provider", "PROVIDER", "string", Priority = PrinterColumnPriority.WideView)]
[GenericAdditionalPrinterColumn(".status.earnings", "EARNINGS", "string", Priority = PrinterColumnPriority.WideView)]
[GenericAdditionalPrinterColumn(".status.chain.lagSeconds", "LAG", "integer", Priority = PrinterColumnPriority.WideView)]
public sealed record V1Alpha1Datacenter : CustomKubernetesEntity<DatacenterEntitySpec, DatacenterEntityStatus>;
