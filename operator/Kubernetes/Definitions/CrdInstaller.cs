using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Definitions;

/// <summary>Brings a definition into a cluster of any supported version.</summary>
public static class CrdInstaller
{
    // CEL rules are read from 1.25 on. Before, server-side apply refuses the field as unknown.
    private const int FirstWithRules = 25;
    private const string Rules = "x-kubernetes-validations";

    /// <summary>Applies a definition and waits until its objects are served.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="definition">A generated definition.</param>
    /// <param name="time">Clock of the waiting.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="KubernetesException">The server refuses the definition.</exception>
    public static async Task InstallAsync(
        KubernetesClient client, JsonObject definition, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        var version = await client.Discovery.VersionAsync(cancellationToken);
        var fitting = ForServer(definition, version.MinorNumber);
        var definitions = client.Resource(ResourceKinds.CustomResourceDefinition);
        var stored = await definitions.ApplyAsync(fitting, new ApplyOptions { Force = true }, cancellationToken);
        var name = (string)stored["metadata"]!["name"]!;
        while (!IsEstablished(stored))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), time ?? TimeProvider.System, cancellationToken);
            stored = await definitions.GetAsync(name, cancellationToken: cancellationToken) ?? fitting;
        }
    }

    /// <summary>The definition without what a server of this minor version does not know.</summary>
    public static JsonObject ForServer(JsonObject definition, int minorVersion)
    {
        var copy = (JsonObject)definition.DeepClone();
        if (minorVersion < FirstWithRules)
        {
            Strip(copy);
        }

        return copy;
    }

    private static void Strip(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                map.Remove(Rules);
                foreach (var (_, value) in map)
                {
                    Strip(value);
                }

                break;
            case JsonArray list:
                foreach (var item in list)
                {
                    Strip(item);
                }

                break;
        }
    }

    private static bool IsEstablished(JsonObject definition) => definition["status"]?["conditions"]?.AsArray()
        .Any(condition => (string?)condition?["type"] == "Established" && (string?)condition?["status"] == "True") == true;
}
