using System;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Doppel.Guests.Tests;

/// <summary>Children of a booted guest, all alive at once.</summary>
public sealed class ForkTests
{
    [Fact]
    public void A_hundred_children_of_one_booted_debian_each_do_something_else()
    {
        const int Children = 100;
        using GuestSession parent = GuestSession.Boot("debian");
        parent.Command("x=0; echo parent > /tmp/name");
        GuestSession[] children = parent.Fork(Children, (spec, i) => spec with { Seed = (ulong)i + 1 });
        try
        {
            // All at once: each child's own shell variable, file, computation and process.
            for (int i = 0; i < Children; i++)
            {
                children[i].Type(string.Create(CultureInfo.InvariantCulture, $"x={i}; echo child{i} >> /tmp/name\n"));
            }

            for (int i = 0; i < Children; i++)
            {
                children[i].Expect("guest# ");
                string sum = Convert.ToHexStringLower(MD5.HashData(Encoding.ASCII.GetBytes($"{i * i}")));
                Assert.Equal($"{sum}  -", children[i].Command("printf $((x*x)) | md5sum"));
                Assert.Equal($"parent\nchild{i}", children[i].Command("cat /tmp/name"));
            }

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
