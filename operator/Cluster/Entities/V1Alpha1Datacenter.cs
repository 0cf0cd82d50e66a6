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
[GenericAdditionalPrinterColumn(".status.capacity[?(@.class==\"cpu\")].free", "CPU", "string", Description = "CPU that may be leased")]
[GenericAdditionalPrinterColumn(".status.capacity[?(@.class==\"memory\")].free", "MEMORY", "string", Description = "Memory that may be leased")]
[GenericAdditionalPrinterColumn(".status.devices.free", "GPU", "integer", Description = "GPUs that may be leased")]
[GenericAdditionalPrinterColumn(".metadata.creationTimestamp", "AGE", "date")]
[GenericAdditionalPrinterColumn(".spec.provider", "PROVIDER", "string", Priority = PrinterColumnPriority.WideView)]
[GenericAdditionalPrinterColumn(".status.devices.held", "GPU-HELD", "integer", Priority = PrinterColumnPriority.WideView)]
[GenericAdditionalPrinterColumn(".status.devices.leased", "GPU-LEASED", "integer", Priority = PrinterColumnPriority.WideView)]
[GenericAdditionalPrinterColumn(".status.capacity[?(@.class==\"cpu\")].held", "CPU-HELD", "string", Priority = PrinterColumnPriority.WideView)]
[GenericAdditionalPrinterColumn(".status.capacity[?(@.class==\"cpu\")].leased", "CPU-LEASED", "string", Priority = PrinterColumnPriority.WideView)]
[GenericAdditionalPrinterColumn(".status.earnings", "EARNINGS", "string", Priority = PrinterColumnPriority.WideView)]
[GenericAdditionalPrinterColumn(".status.chain.lagSeconds", "LAG", "integer", Priority = PrinterColumnPriority.WideView)]
public sealed record V1Alpha1Datacenter : CustomKubernetesEntity<DatacenterEntitySpec, DatacenterEntityStatus>;
