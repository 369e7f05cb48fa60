using System;
using System.Collections.Concurrent;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Tasks;

namespace Doppel.Guests.Tests;

/// <summary>Children of a booted guest, all there at once.</summary>
public sealed class ForkTests
{
    [Fact]
    public void A_hundred_children_of_one_booted_debian_each_do_something_else()
    {
        const int Children = 100;
        using GuestSession parent = GuestSession.Boot("debian");
        parent.Command("x=0; echo parent > /tmp/name");
        ConcurrentBag<string> uuids = [];
        ConcurrentBag<string> generations = [];
        GuestSession[] children = parent.Fork(Children, (spec, i) => spec with { Seed = (ulong)i + 1 });
        try
        {
            // Each child has its own shell variable, file and processes. Some run at the same time; the others stand still, as they were or will be.
            _ = Parallel.For(0, Children, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
            {
                GuestSession child = children[i].Go();
                Assert.Empty(child.Command(string.Create(CultureInfo.InvariantCulture, $"x={i}; echo child{i} >> /tmp/name")));
                string sum = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"{i * i}")));
                Assert.Equal($"{sum}  -", child.Command("printf $((x*x)) | sha256sum"));
                uuids.Add(child.Command("md5sum /sys/firmware/dmi/tables/DMI"));
                generations.Add(child.Command("dmesg | grep -c 'virtual machine fork'"));
                child.Stop();
            });
            Assert.Equal(Children, uuids.Distinct().Count());
            Assert.All(generations, generation => Assert.Equal("1", generation));
            Assert.Equal("0 parent", parent.Command("echo $x $(cat /tmp/name)"));
        }
        finally
        {
            foreach (GuestSession child in children)
            {
                child.Dispose();
            }
        }
    }
}
