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
/// the same name that is not this program's is left alone.
/// </summary>
internal sealed class KubeconfigFile(string path)
{
    private const string Plugin = "kubectl-compute";
    private const string Verb = "credential";

    // As long as a kubectl that writes at the same time may take.
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(5);

    public string Path => path;

    /// <summary>Which file is meant: <c>--kubeconfig</c>, the first of KUBECONFIG, or the usual one.</summary>
    public static KubeconfigFile Of(string? asked, Surroundings here) => new(
        asked is { Length: > 0 } ? System.IO.Path.GetFullPath(asked)
        : here.Variable("KUBECONFIG")?.Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) is [var first, ..] ? System.IO.Path.GetFullPath(first)
        : System.IO.Path.Combine(here.Home, ".kube", "config"));

    public bool Has(string context) => Find(Read(), "contexts", context) is not null;

    /// <summary>Adds the entry, or writes it anew; the file's current context is set where it has none.</summary>
    /// <param name="isCurrent">Make it the current context in any case.</param>
    /// <exception cref="CliException">The file is none, or has an entry of that name that somebody else made.</exception>
    public async Task MergeAsync(KubeconfigEntry entry, bool isCurrent, TimeProvider clock, CancellationToken cancellation)
    {
        PrivateFile.EnsureFolder(System.IO.Path.GetDirectoryName(path)!);
        var gate = path + ".lock";
        await LockAsync(gate, clock, cancellation);
        try
        {
            var root = Read();
            if (ForeignIn(root, entry.Name) is { } foreign)
                throw new CliException(ExitCodes.Refused, $"{path} has a {foreign} named {entry.Name} that is not of this program: it is left as it is. Give another name by --context.");
            Set(root, "clusters", entry.Name, "cluster", Map(("server", entry.Server), ("certificate-authority-data", entry.Authority.Length > 0 ? Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(entry.Authority)) : null)));
            Set(root, "users", entry.Name, "user", new YamlMappingNode { { "exec", ExecOf(entry) } });
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

        return stream.Documents is [{ RootNode: YamlMappingNode root }] ? root : throw new CliException(ExitCodes.Failed, $"{path} is no kubeconfig.");
    }

    private void Write(YamlMappingNode root)
    {
        using var text = new StringWriter { NewLine = "\n" };
        new YamlStream(new YamlDocument(root)).Save(text, assignAnchors: false);
        // The stream's end mark is no part of a kubeconfig.
        PrivateFile.Write(File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path, text.ToString().Replace("\n...\n", "\n", StringComparison.Ordinal));
    }

    private static string? ForeignIn(YamlMappingNode root, string name)
    {
        if (Find(root, "users", name) is { } user)
            return user.Children.TryGetValue(new YamlScalarNode("user"), out var of) && of is YamlMappingNode body && body.Children.TryGetValue(new YamlScalarNode("exec"), out var exec) && IsOurs(exec) ? null : "user";
        return Find(root, "contexts", name) is not null ? "context" : Find(root, "clusters", name) is not null ? "cluster" : null;
    }

    private static bool IsOurs(YamlNode exec) => exec is YamlMappingNode map
        && map.Children.TryGetValue(new YamlScalarNode("args"), out var args) && args is YamlSequenceNode { Children: [YamlScalarNode { Value: Verb }, ..] }
        && Text(map, "command") is { Length: > 0 } command && System.IO.Path.GetFileNameWithoutExtension(command) is Plugin or "dotnet";

    private static YamlMappingNode ExecOf(KubeconfigEntry entry)
    {
        var exec = Map(("apiVersion", "client.authentication.k8s.io/v1"), ("command", entry.Command));
        exec.Add("args", new YamlSequenceNode(entry.Arguments.Select(a => new YamlScalarNode(a) { Style = ScalarStyle.DoubleQuoted })));
        exec.Add("interactiveMode", "Never");
        exec.Add("provideClusterInfo", "false");
        exec.Add("installHint", "kubectl compute signs a wallet in: install it as kubectl-compute on PATH.");
        return exec;
    }

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
