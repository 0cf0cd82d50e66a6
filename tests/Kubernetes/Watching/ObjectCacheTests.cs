using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Kubernetes.Tests.Watching;

public sealed class ObjectCacheTests
{
    private readonly ObjectCache<V1ConfigMap> cache = new();

    [Fact]
    public void Index_FollowsEveryChange()
    {
        cache.AddIndex("colour", map => map.Data?.Values ?? []);
        Set("a", "red", "red");
        Set("b", "red", "blue");
        Assert.Equal(["a", "b"], Named("red"));
        Assert.Equal(["b"], Named("blue"));

        Set("a", "red");
        Set("b", "green");
        Assert.Equal(["a"], Named("red"));
        Assert.Empty(Named("blue"));
        Assert.Equal(["b"], Named("green"));

        cache.Remove(new ObjectKey("here", "a"));
        cache.Remove(new ObjectKey("here", "never"));
        Assert.Empty(Named("red"));
        Assert.Equal(["b"], Named("green"));
    }

    [Fact]
    public void Index_ThatComesLater_KnowsWhatIsThere()
    {
        Set("a", "red");
        cache.AddIndex("colour", map => map.Data?.Values ?? []);

        Assert.Equal(["a"], Named("red"));
    }

    private IEnumerable<string?> Named(string colour) => cache.ByIndex("colour", colour).Select(m => m.Metadata.Name).Order();

    private void Set(string name, params string[] colours) => cache.Set(new ObjectKey("here", name), new V1ConfigMap
    {
        Metadata = new V1ObjectMeta { Name = name, Namespace = "here" },
        Data = colours.Select((colour, i) => (colour, i)).ToDictionary(c => $"{c.i}", c => c.colour),
    });
}
