using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Federation.Application.Access;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>
/// What all replicas sign tenants' credentials with: random bytes in a Secret of the operator's own namespace. To end all
/// credentials at once, delete it and restart the operator.
/// </summary>
public static class GatewaySecret
{
    /// <summary>Of the Secret.</summary>
    public const string Name = "federation-gateway";

    private const string Key = "credentials";

    /// <summary>Reads it, and makes it where there is none.</summary>
    /// <exception cref="ClusterException">It is there and holds something else.</exception>
    public static async Task<byte[]> EnsureAsync(KubernetesClient client, string space, CancellationToken cancellation)
    {
        var secrets = client.Resource(ResourceKinds.Secret);
        if (await secrets.GetAsync(Name, space, cancellation) is { } seen) return Read(seen, space);
        var made = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = Name, ["namespace"] = space, ["labels"] = Json.Map((Names.ManagedByLabel, Names.Manager)) },
            ["type"] = "Opaque",
            ["data"] = Json.Map((Key, Convert.ToBase64String(RandomNumberGenerator.GetBytes(TenantCredentials.SecretBytes)))),
        };
        try
        {
            return Read(await secrets.CreateAsync(made, cancellationToken: cancellation), space);
        }
        catch (KubernetesException e) when (e.IsAlreadyExists && !cancellation.IsCancellationRequested)
        {
            // Another replica was faster: what counts is what is stored.
            return Read(await secrets.GetAsync(Name, space, cancellation), space);
        }
    }

    private static byte[] Read(JsonObject? secret, string space)
    {
        var bytes = new byte[TenantCredentials.SecretBytes];
        return secret?.Text("data", Key) is { } text && Convert.TryFromBase64String(text, bytes, out var length) && length == bytes.Length
            ? bytes
            : throw new ClusterException("SecretInvalid", $"The Secret {Name} in {space} does not hold {bytes.Length} bytes at '{Key}': delete it, and the operator makes it anew.", isTransient: false);
    }
}
