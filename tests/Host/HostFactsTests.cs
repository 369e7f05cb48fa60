using System;
using System.Threading;

namespace Doppel.Host.Tests;

[Collection("Signals reach every terminal of the process")]
public sealed class HostFactsTests
{
    [Fact]
    public void The_facts_are_plausible()
    {
        HostFacts facts = HostFacts.Collect();
        Assert.NotEmpty(facts.CpuModel);
        Assert.True(facts.Cores >= 1);
        Assert.InRange(facts.AvailableMemoryBytes, 1, facts.MemoryBytes);
        Assert.True(facts.GuestMemory.Works, facts.GuestMemory.Why);
        Assert.True(facts.ExecutableMemory.Works, facts.ExecutableMemory.Why);
        Assert.Equal(facts.Kvm.Works, facts.Kvm.Why.Length == 0);
        Assert.Matches("^Linux [0-9]+\\.", facts.Kernel);
        Assert.NotEmpty(facts.Distribution);
        Assert.Contains(facts.CpuFeatures, feature => feature.Key == "BMI2");
    }

    [Fact]
    public void Kernel_texts_are_read_and_nonsense_is_zero()
    {
        const string Text = "processor\t: 0\nmodel name\t: Some CPU @ 3: GHz\nMemTotal:       1234 kB\nBad: x kB\nHuge: 9223372036854775807 kB\n";
        Assert.Equal("Some CPU @ 3: GHz", ProcText.Value(Text, "model name"));
        Assert.Null(ProcText.Value(Text, "model"));
        Assert.Equal(1234 * 1024, ProcText.Kibibytes(Text, "MemTotal"));
        Assert.Equal(0, ProcText.Kibibytes(Text, "Bad"));
        Assert.Equal(0, ProcText.Kibibytes(Text, "Huge"));
        Assert.Equal(0, ProcText.Kibibytes(Text, "None"));
        Assert.Equal(0, ProcText.Number("max\n"));
        Assert.Equal(65530, ProcText.Number("65530\n"));
        Assert.Empty(ProcText.Read("/proc/no/such/file"));
        Assert.Empty(ProcText.Read("/proc"));
    }

    [Fact]
    public void Clocks_run_and_seeds_differ()
    {
        long first = HostClock.MonotonicNanoseconds;
        Thread.Sleep(2);
        Assert.InRange(HostClock.MonotonicNanoseconds - first, 1_000_000, 60_000_000_000);
        Assert.InRange(HostClock.UtcNanoseconds, 1_700_000_000_000_000_000, long.MaxValue);
        Assert.NotEqual(Entropy.NewSeed(), Entropy.NewSeed());
    }

    [Fact]
    public void A_signal_reaches_the_program_and_does_not_end_it()
    {
        using ManualResetEventSlim heard = new();
        HostSignal signal = HostSignal.Interrupt;
        using (HostSignals signals = new(received =>
        {
            signal = received;
            heard.Set();
        }))
        {
            Assert.Equal(0, NativeDescriptors.Kill(Environment.ProcessId, NativeDescriptors.SignalHangUp));
            Assert.True(heard.Wait(5000));
        }

        Assert.Equal(HostSignal.HangUp, signal);
    }
}
