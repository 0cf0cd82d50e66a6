using System.Security.Cryptography.X509Certificates;

namespace Federation.Kubernetes.Configuration;

/// <summary>What a request proves its sender with.</summary>
/// <param name="Authorization">Value of the Authorization header, or null.</param>
/// <param name="Certificate">Client certificate with its key, or null.</param>
public sealed record Credential(string? Authorization, X509Certificate2? Certificate)
{
    // The header is a secret: a record would print it.
    public override string ToString() => "Credential";
}

/// <summary>Gives the credential of the moment; called before every request.</summary>
public interface ICredentialSource
{
    /// <exception cref="KubeConfigException">There is no credential, for example because the plugin failed.</exception>
    ValueTask<Credential> GetAsync(CancellationToken cancellationToken);

    /// <summary>The server refused this credential: unless there is another one since, fetch a new one next time.</summary>
    void Invalidate(Credential refused);
}

/// <summary>No credential at all.</summary>
public sealed class AnonymousCredentials : ICredentialSource
{
    private static readonly Credential None = new(null, null);

    public static AnonymousCredentials Instance { get; } = new();

    public ValueTask<Credential> GetAsync(CancellationToken cancellationToken) => new(None);

    public void Invalidate(Credential refused)
    {
    }
}

/// <summary>A credential that never changes: a token, a password or a client certificate.</summary>
public sealed class StaticCredentials(Credential credential) : ICredentialSource
{
    /// <summary>Bearer token.</summary>
    public static StaticCredentials Bearer(string token) => new(new Credential($"Bearer {token}", null));

    public ValueTask<Credential> GetAsync(CancellationToken cancellationToken) => new(credential);

    public void Invalidate(Credential refused)
    {
    }
}
