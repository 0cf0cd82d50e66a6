using Federation.Kubernetes.Configuration;

namespace Federation.Kubernetes.Tests.Configuration;

/// <summary>A kubeconfig that a stranger wrote.</summary>
public sealed class InlineKubeConfigTests : IDisposable
{
    private readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    [Fact]
    public void DataInTheFileItself_IsTaken()
    {
        var read = Load("server: https://there", "token: secret");
        Assert.Equal(new Uri("https://there"), read.Server);
    }

    [Theory]
    [InlineData("server: http://there", "token: secret", "no https address")]
    [InlineData("server: https://there\n    insecure-skip-tls-verify: true", "token: secret", "insecure-skip-tls-verify")]
    [InlineData("server: https://there\n    proxy-url: http://elsewhere", "token: secret", "proxy-url")]
    [InlineData("server: https://there\n    certificate-authority: /etc/ssl/x", "token: secret", "certificate-authority names a file")]
    [InlineData("server: https://there", "tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token", "tokenFile")]
    [InlineData("server: https://there", "client-certificate: /x", "client-certificate names a file")]
    [InlineData("server: https://there", "client-key: /x", "client-key names a file")]
    [InlineData("server: https://there", "exec: {apiVersion: client.authentication.k8s.io/v1, command: id}", "exec would run a program")]
    [InlineData("server: https://there", "auth-provider: {name: x}", "auth-provider")]
    public void WhatReachesBeyondTheFile_IsRefused_WithWhatToDo(string cluster, string user, string fault)
    {
        var error = Assert.Throws<KubeConfigException>(() => Load(cluster, user));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    private KubernetesClientConfiguration Load(string cluster, string user)
    {
        File.WriteAllText(file, $$"""
            current-context: here
            contexts:
            - name: here
              context: {cluster: here, user: me}
            clusters:
            - name: here
              cluster:
                {{cluster}}
            users:
            - name: me
              user:
                {{user}}
            """);
        return KubeConfig.LoadInline(file);
    }
}
