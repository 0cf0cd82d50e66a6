using System.Text;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Tests.Models;

public sealed class PackedTextTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(700)]
    [InlineData(100_000)]
    public void AnyBytes_ComeBack(int length)
    {
        var random = new byte[length];
        new Random(length).NextBytes(random);
        foreach (var text in new[] { random, Encoding.UTF8.GetBytes(new string('ä', length)) })
        {
            var packed = new PackedText(text);
            Assert.Equal(text, packed.Read(read => read.ToArray()));
            // It may be kept twice.
            for (var i = 0; i < 2; i++)
            {
                packed.Compress();
                Assert.Equal(text, packed.Read(read => read.ToArray()));
                Assert.True(packed.Size <= text.Length, $"{packed.Size} bytes for {text.Length}");
            }
        }
    }

    [Fact]
    public void Objects_TakeAThirdOfTheirText()
    {
        var containers = Enumerable.Range(0, 8).Select(i => $$"""
            {"name":"c{{i}}","image":"registry.example/app@sha256:{{new string((char)('a' + i), 64)}}","resources":{"limits":{"cpu":"{{i}}00m","memory":"64Mi"},"requests":{"cpu":"{{i}}00m","memory":"64Mi"} },"securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true} }
            """);
        var pod = Encoding.UTF8.GetBytes($$"""{"metadata":{"name":"work","namespace":"lease-0123456789abcdef"},"spec":{"containers":[{{string.Join(',', containers)}}]} }""");
        var packed = new PackedText(pod);
        packed.Compress();
        Assert.InRange(packed.Size, 1, pod.Length / 3);
    }
}
