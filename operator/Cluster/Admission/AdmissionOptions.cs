using Federation.Kubernetes.Admission;

namespace Federation.Cluster.Admission;

/// <summary>What the admission webhook must know.</summary>
public sealed record AdmissionOptions
{
    /// <summary>How the API server reaches it.</summary>
    public required WebhookTarget Target { get; init; }

    /// <summary>Namespace of the operator's own objects; its certificates are in a Secret there.</summary>
    public string OperatorNamespace { get; init; } = "federation-system";

    /// <summary>User name that the operator has in the cluster; asked of the API server when null.</summary>
    public string? OperatorUser { get; init; }

    public AdmissionServerOptions Server { get; init; } = new();

    /// <summary>Of the serving certificate.</summary>
    public TimeSpan CertificateLifetime { get; init; } = TimeSpan.FromDays(90);
}
