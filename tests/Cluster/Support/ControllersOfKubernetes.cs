namespace Federation.Kubernetes.Tests.Support;

/// <summary>
/// The real scheduler and the real controllers of workloads on an API server. Nodes are whatever objects a test makes: no kubelet
/// runs their pods, and nobody watches whether they live.
/// </summary>
public sealed class ControllersOfKubernetes : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("federation-controllers-").FullName;
    private readonly Daemon[] daemons;

    public ControllersOfKubernetes(ApiServer server)
    {
        var ports = Ports.Free(2);
        daemons =
        [
            new Daemon(Programs.ControllerManager, Path.Combine(folder, "controller-manager.log"),
            [
                $"--kubeconfig={server.KubeConfigPath}", "--leader-elect=false", "--port=0", $"--secure-port={ports[0]}", "--bind-address=127.0.0.1",
                $"--cert-dir={folder}/manager", "--controllers=deployment,replicaset,statefulset,job,resourcequota",
            ]),
            new Daemon(Programs.Scheduler, Path.Combine(folder, "scheduler.log"),
            [
                $"--kubeconfig={server.KubeConfigPath}", "--leader-elect=false", "--port=0", $"--secure-port={ports[1]}", "--bind-address=127.0.0.1", $"--cert-dir={folder}/scheduler",
            ]),
        ];
    }

    /// <summary>Its logs, for who finds that something did not happen.</summary>
    public string Logs => string.Join(", ", daemons.Select(d => d.Log));

    public void Dispose()
    {
        foreach (var daemon in daemons) daemon.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
