using Federation.Harness.Machine;

namespace Federation.Harness;

/// <summary>kubectl on one datacenter, as a user has it.</summary>
/// <param name="kubeconfig">Of that user; null: of the cluster's administrator.</param>
internal sealed class Kubectl(LocalFederation federation, Datacenter datacenter, string? kubeconfig = null, CancellationToken cancellation = default)
{
    private const int Attempts = 10;

    private readonly string program = Path.Combine(federation.ToolsFolder, "kubectl");

    /// <summary>What is only read is asked for again where it failed: on a busy machine an API server now and then does not answer in time.</summary>
    /// <exception cref="HarnessException">It ends with another code than 0.</exception>
    internal async Task<string> RunAsync(params string[] arguments)
    {
        var result = await RepeatAsync(arguments, failed => arguments[0] == "get" && !failed.Contains("(NotFound)", StringComparison.Ordinal));
        return result.ExitCode == 0 ? result.Output : throw new HarnessException($"kubectl {string.Join(' ', arguments)} failed ({result.ExitCode}): {result.Error.Trim()}");
    }

    internal Task<Command.Result> TryAsync(params string[] arguments) => RepeatAsync(arguments, _ => false);

    // Who is told by an admission webhook to try again does so; likewise where it did not answer in time.
    private async Task<Command.Result> RepeatAsync(string[] arguments, Func<string, bool> isPassing)
    {
        for (var left = Attempts; ; left--)
        {
            var result = await Command.TryAsync(program, ["--kubeconfig", kubeconfig ?? datacenter.KubeconfigPath, .. arguments], cancellation);
            if (result.ExitCode == 0 || left == 1 || !(IsOfAdmission(result.Error) || isPassing(result.Error))) return result;
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellation);
        }
    }

    private static bool IsOfAdmission(string error) => error.Contains("; try again.", StringComparison.Ordinal)
        || (error.Contains("failed calling webhook", StringComparison.Ordinal) && error.Contains("context deadline exceeded", StringComparison.Ordinal));

    internal async Task ApplyAsync(string manifest)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, manifest, cancellation);
            await RunAsync("apply", "-f", path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A pod under restricted Pod Security. Its container has the pod's name.</summary>
    internal static string Pod(string name, string image, string arguments, string limits) => $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}}, labels: {app: {{name}} } }
        spec:
          restartPolicy: Never
          automountServiceAccountToken: false
          terminationGracePeriodSeconds: 2
          securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault} }
          containers:
          - name: {{name}}
            image: {{image}}
            args: {{arguments}}
            securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]} }
            resources: {limits: { {{limits}} } }
        """;
}
