using Federation.Harness.Machine;

namespace Federation.Harness.Installing;

/// <summary>helm in one namespace of a datacenter, as its administrator has it.</summary>
internal sealed class Helm(LocalFederation federation, Datacenter datacenter, string space, CancellationToken cancellation = default)
{
    public Task<Command.Result> TryAsync(params string[] arguments) =>
        Command.TryAsync(ProgramOf(federation), [.. arguments, "--namespace", space, "--kubeconfig", datacenter.KubeconfigPath], cancellation);

    /// <summary>Packs the chart as it is handed out.</summary>
    /// <returns>The archive.</returns>
    public static async Task<string> PackAsync(LocalFederation federation, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(Path.Combine(federation.StateFolder, "chart")).FullName;
        await Command.RunAsync(ProgramOf(federation), ["package", Checkout.Built("the chart is", "charts", "federation-operator"), "--destination", folder], cancellation);
        return Directory.EnumerateFiles(folder, "federation-operator-*.tgz").Single();
    }

    private static string ProgramOf(LocalFederation federation)
    {
        var program = Path.Combine(federation.ToolsFolder, "helm");
        return File.Exists(program) ? program : throw new HarnessException($"{program} is missing: run `make tools`");
    }
}
