using System.Text.Json.Nodes;
using System.Threading.Channels;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Harness.Following;

/// <summary>Keeps a text by what an API server has: test equipment that stands for what a cluster brings along runs by such texts.</summary>
internal static class Follower
{
    /// <summary>Writes the text at once, and then whenever it is another, until it is cancelled.</summary>
    /// <param name="render">From the objects of each kind, in the order of <paramref name="kinds"/>.</param>
    internal static async Task RunAsync(
        string kubeconfig, IReadOnlyList<ResourceKind> kinds, Func<IReadOnlyList<IReadOnlyList<JsonObject>>, string> render, Func<string, Task> write, CancellationToken ct)
    {
        using var client = new KubernetesClient(KubernetesClientConfiguration.Load(kubeconfig));
        var informers = new InformerSet(client);
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        var followed = kinds.Select(kind =>
        {
            var informer = informers.Add(kind);
            informer.AddHandler(_ => changes.Writer.TryWrite(true));
            return informer;
        }).ToArray();
        var following = informers.RunAsync(ct);
        await informers.WaitForSyncAsync(ct);
        try
        {
            for (string? before = null; ; await changes.Reader.ReadAsync(ct))
            {
                var text = render([.. followed.Select(f => f.List())]);
                if (text == before) continue;
                await write(text);
                before = text;
            }
        }
        finally
        {
            await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Puts a text in the place of a file, whole at once. Who looks at its folder leaves out names that begin with a dot.</summary>
    internal static async Task ReplaceAsync(string file, string text, CancellationToken ct)
    {
        var next = Path.Combine(Path.GetDirectoryName(file)!, ".next");
        await File.WriteAllTextAsync(next, text, ct);
        File.Move(next, file, overwrite: true);
    }
}
