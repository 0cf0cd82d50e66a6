using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Federation.Cli.Access;

/// <summary>What login adds to a kubeconfig: a cluster, a user with an exec plugin, and a context of both.</summary>
/// <param name="Name">Of context, cluster and user.</param>
/// <param name="Authority">PEM; empty: the system's own authorities.</param>
/// <param name="Command">Program that prints a credential.</param>
internal sealed record KubeconfigEntry(string Name, string Server, string Authority, string? Namespace, string Command, IReadOnlyList<string> Arguments);

/// <summary>
/// Adds entries to a kubeconfig as kubectl does: all else in it stays, to the style of its scalars; comments are lost, as by kubectl. An entry of
/// the same name that is not this program's for the same datacenter is left alone.
/// </summary>
internal sealed class KubeconfigFile(string path)
{
    private const string Plugin = "kubectl-compute";

    // credential --provider ADDRESS
    private const int IdentityWords = 3;

    // As long as a kubectl that writes at the same time may take.
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(5);

    public string Path => path;

    /// <summary>Which file is meant: <c>--kubeconfig</c>, the first of KUBECONFIG, or the usual one.</summary>
    public static KubeconfigFile Of(string? asked, Surroundings here) => new(
        asked is { Length: > 0 } ? System.IO.Path.GetFullPath(asked)
        : here.Variable("KUBECONFIG")?.Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) is [var first, ..] ? System.IO.Path.GetFullPath(first)
        : System.IO.Path.Combine(here.Home, ".kube", "config"));

    /// <summary>Whether cluster, user and context are in the file just as the entry has them; the namespace aside, which kubectl is told.</summary>
    public bool Holds(KubeconfigEntry entry)
    {
        var root = Read();
        return Body(root, "clusters", entry.Name, "cluster") is { } cluster && Same(cluster, ClusterOf(entry))
            && Body(root, "users", entry.Name, "user") is { } user && Same(user, UserOf(entry))
            && Body(root, "contexts", entry.Name, "context") is { } context && Text(context, "cluster") == entry.Name && Text(context, "user") == entry.Name;
    }

    /// <summary>Adds the entry, or writes it anew; the file's current context is set where it has none.</summary>
    /// <param name="isCurrent">Make it the current context in any case.</param>
    /// <exception cref="CliException">The file is none, or has an entry of that name that somebody else made, or of another datacenter.</exception>
    public async Task MergeAsync(KubeconfigEntry entry, bool isCurrent, TimeProvider clock, CancellationToken cancellation)
    {
        PrivateFile.EnsureFolder(System.IO.Path.GetDirectoryName(path)!);
        var gate = path + ".lock";
        await LockAsync(gate, clock, cancellation);
        try
        {
            var root = Read();
            if (ForeignIn(root, entry) is { } foreign)
                throw new CliException(ExitCodes.Refused, $"{path} has a {foreign} named {entry.Name} that is not of this program, or of another datacenter: it is left as it is. Give another name by --context.");
            Set(root, "clusters", entry.Name, "cluster", ClusterOf(entry));
            Set(root, "users", entry.Name, "user", UserOf(entry));
            Set(root, "contexts", entry.Name, "context", Map(("cluster", entry.Name), ("user", entry.Name), ("namespace", entry.Namespace)));
            if (isCurrent || Text(root, "current-context").Length == 0) root.Children[new YamlScalarNode("current-context")] = new YamlScalarNode(entry.Name);
            Write(root);
        }
        finally
        {
            File.Delete(gate);
        }
    }

    // As kubectl's own: who cannot make the file waits for who did.
    private static async Task LockAsync(string gate, TimeProvider clock, CancellationToken cancellation)
    {
        for (var since = clock.GetTimestamp(); ;)
        {
            try
            {
                new FileStream(gate, FileMode.CreateNew, FileAccess.Write).Dispose();
                return;
            }
            catch (IOException) when (clock.GetElapsedTime(since) < LockPatience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancellation);
            }
            catch (IOException e)
            {
                throw new CliException(ExitCodes.Failed, $"{gate} is there: another program writes the kubeconfig, or one died while it did. Delete it if none does.", e);
            }
        }
    }

    private YamlMappingNode Read()
    {
        if (!File.Exists(path) || new FileInfo(path).Length == 0) return new YamlMappingNode { { "apiVersion", "v1" }, { "kind", "Config" } };
        var stream = new YamlStream();
        try
        {
            using var reader = new StreamReader(path);
            stream.Load(reader);
        }
        catch (YamlException e)
        {
            throw new CliException(ExitCodes.Failed, $"{path} is no kubeconfig: line {e.Start.Line}: {e.Message}", e);
        }
        // The library's word for a brace that nothing closes.
        catch (InvalidOperationException e)
        {
            throw new CliException(ExitCodes.Failed, $"{path} is no kubeconfig: a brace or a bracket is not closed.", e);
        }

        return stream.Documents is [{ RootNode: YamlMappingNode root }] ? root : throw new CliException(ExitCodes.Failed, $"{path} is no kubeconfig.");
    }

    private void Write(YamlMappingNode root)
    {
        using var text = new StringWriter { NewLine = "\n" };
        new YamlStream(new YamlDocument(root)).Save(text, assignAnchors: false);
        // The stream's end mark is no part of a kubeconfig.
        PrivateFile.Write(File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path, text.ToString().Replace("\n...\n", "\n", StringComparison.Ordinal));
    }

    private static string? ForeignIn(YamlMappingNode root, KubeconfigEntry entry)
    {
        if (Find(root, "users", entry.Name) is not null)
            return Body(root, "users", entry.Name, "user") is { } user && user.Children.TryGetValue(new YamlScalarNode("exec"), out var exec) && IsOurs(exec, entry) ? null : "user";
        return Find(root, "contexts", entry.Name) is not null ? "context" : Find(root, "clusters", entry.Name) is not null ? "cluster" : null;
    }

    // Two datacenters whose addresses begin alike have one name: that is cheap to arrange.
    private static bool IsOurs(YamlNode exec, KubeconfigEntry entry) => exec is YamlMappingNode map
        && map.Children.TryGetValue(new YamlScalarNode("args"), out var args) && args is YamlSequenceNode { Children: var words }
        && words.Take(IdentityWords).Select(w => (w as YamlScalarNode)?.Value).SequenceEqual(entry.Arguments.Take(IdentityWords))
        && Text(map, "command") is { Length: > 0 } command && (command == entry.Command || System.IO.Path.GetFileNameWithoutExtension(command) is Plugin or "dotnet");

    private static YamlMappingNode ClusterOf(KubeconfigEntry entry) =>
        Map(("server", entry.Server), ("certificate-authority-data", entry.Authority.Length > 0 ? Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(entry.Authority)) : null));

    private static YamlMappingNode UserOf(KubeconfigEntry entry)
    {
        var exec = Map(("apiVersion", "client.authentication.k8s.io/v1"), ("command", entry.Command));
        exec.Add("args", new YamlSequenceNode(entry.Arguments.Select(a => new YamlScalarNode(a) { Style = ScalarStyle.DoubleQuoted })));
        exec.Add("interactiveMode", "Never");
        // The program has to know where kubectl sends what it prints.
        exec.Add("provideClusterInfo", "true");
        exec.Add("installHint", "kubectl compute signs a wallet in: install it as kubectl-compute on PATH.");
        return new YamlMappingNode { { "exec", exec } };
    }

    private static bool Same(YamlNode one, YamlNode other) => (one, other) switch
    {
        (YamlScalarNode a, YamlScalarNode b) => a.Value == b.Value,
        (YamlSequenceNode a, YamlSequenceNode b) => a.Children.Count == b.Children.Count && a.Children.Zip(b.Children).All(p => Same(p.First, p.Second)),
        (YamlMappingNode a, YamlMappingNode b) => a.Children.Count == b.Children.Count && a.Children.All(p => b.Children.TryGetValue(new YamlScalarNode((p.Key as YamlScalarNode)?.Value), out var value) && Same(p.Value, value)),
        _ => false,
    };

    private static YamlMappingNode? Body(YamlMappingNode root, string list, string name, string key) =>
        Find(root, list, name) is { } found && found.Children.TryGetValue(new YamlScalarNode(key), out var body) ? body as YamlMappingNode : null;

    private static YamlMappingNode? Find(YamlMappingNode root, string list, string name) =>
        root.Children.TryGetValue(new YamlScalarNode(list), out var found) && found is YamlSequenceNode entries ? entries.OfType<YamlMappingNode>().FirstOrDefault(e => Text(e, "name") == name) : null;

    private static void Set(YamlMappingNode root, string list, string name, string key, YamlMappingNode value)
    {
        if (Find(root, list, name) is { } known)
        {
            known.Children[new YamlScalarNode(key)] = value;
            return;
        }

        // Written by hand, or by kubectl config unset, it may be null.
        if (!root.Children.TryGetValue(new YamlScalarNode(list), out var found) || found is not YamlSequenceNode entries) root.Children[new YamlScalarNode(list)] = entries = new YamlSequenceNode();
        entries.Style = YamlDotNet.Core.Events.SequenceStyle.Block;
        entries.Add(new YamlMappingNode { { "name", name }, { key, value } });
    }

    private static YamlMappingNode Map(params IEnumerable<(string Key, string? Value)> pairs)
    {
        var map = new YamlMappingNode();
        foreach (var (key, value) in pairs)
            if (value is { Length: > 0 }) map.Add(key, value);
        return map;
    }

    private static string Text(YamlMappingNode map, string key) => map.Children.TryGetValue(new YamlScalarNode(key), out var value) && value is YamlScalarNode scalar ? scalar.Value ?? "" : "";
}
