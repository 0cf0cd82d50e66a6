using Federation.Harness;
using Federation.Harness.Machine;

namespace Federation.Scenarios.Harness;

/// <summary>kubectl on one datacenter, as a user has it.</summary>
internal sealed class Kubectl(LocalFederation federation, Datacenter datacenter, string? kubeconfig = null)
{
    private readonly string program = Path.Combine(federation.ToolsFolder, "kubectl");

    internal Task<string> RunAsync(params string[] arguments) =>
        Command.RunAsync(program, ["--kubeconfig", kubeconfig ?? datacenter.KubeconfigPath, .. arguments]);

    internal Task<Command.Result> TryAsync(params string[] arguments) =>
        Command.TryAsync(program, ["--kubeconfig", kubeconfig ?? datacenter.KubeconfigPath, .. arguments]);

    internal async Task ApplyAsync(string manifest)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, manifest);
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
