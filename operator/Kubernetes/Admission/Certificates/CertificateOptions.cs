namespace Federation.Kubernetes.Admission.Certificates;

/// <summary>Whose certificates, and for how long.</summary>
public sealed record CertificateOptions
{
    /// <summary>Namespace of the Secret that the replicas share.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the Secret.</summary>
    public required string SecretName { get; init; }

    /// <summary>Host names and addresses that the certificate is for.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Replaced when a third of it is left.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Replaced when a third of it is left; both are trusted until the older one ends. At least three times the other.</summary>
    public TimeSpan AuthorityLifetime { get; init; } = TimeSpan.FromDays(5 * 365);

    /// <summary>A new authority signs only after this: by then every API server trusts it. Shorter than <see cref="Lifetime"/>.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Between two looks at the Secret.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Certificates begin so much in the past, for clocks that go behind.</summary>
    public TimeSpan Backdate { get; init; } = TimeSpan.FromMinutes(5);
}
