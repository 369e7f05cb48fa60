using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

namespace Doppel.Host.Tests;

public sealed unsafe class ExecutableMemoryTests
{
    [Fact]
    public void Appended_code_runs()
    {
        Assert.True(ExecutableMemory.IsAvailable(out string why), why);
        Assert.Empty(why);
        using ExecutableMemory memory = new(100);
        Assert.Equal(4096, memory.CapacityBytes);
        nint first = memory.Append([0xB8, 7, 0, 0, 0, 0xC3]); // mov eax, 7; ret
        nint expected = memory.NextAddress;
        nint second = memory.Append([0x8D, 0x04, 0x37, 0xC3]); // lea eax, [rdi+rsi]; ret
        Assert.Equal(expected, second);
        Assert.Equal(0, first & 15);
        Assert.Equal(first + 16, second);
        Assert.Equal(32, memory.UsedBytes);

        // SAFETY: both snippets are complete functions of the System V calling convention.
        Assert.Equal(7, ((delegate* unmanaged<int>)first)());
        Assert.Equal(42, ((delegate* unmanaged<int, int, int>)second)(40, 2));
    }

    [Fact]
    public void No_mapping_is_writable_and_executable()
    {
        using ExecutableMemory memory = new(3 * 4096);
        nint at = memory.Append([0xC3]);
        string[] ours = [.. File.ReadLines("/proc/self/maps").Where(line => line.Contains("doppel-code", StringComparison.Ordinal))];
        Assert.NotEmpty(ours);
        Assert.DoesNotContain(ours, line => line.Contains(" rwx", StringComparison.Ordinal));
        Assert.Contains(ours, line => line.StartsWith($"{at:x}-", StringComparison.Ordinal) && line.Contains(" r-xs ", StringComparison.Ordinal));
    }

    [Fact]
    public void Padding_traps_and_a_full_room_is_told()
    {
        using ExecutableMemory memory = new(4096);
        nint at = memory.Append([0xC3]);

        // SAFETY: 16 bytes were reserved at the returned address, which is readable.
        Assert.All(new ReadOnlySpan<byte>((byte*)at + 1, 15).ToArray(), b => Assert.Equal(0xCC, b));
        memory.Append(new byte[4080]);
        Assert.Equal(4096, memory.UsedBytes);
        Assert.False(memory.HasRoom(1));
        Assert.True(memory.HasRoom(0));
        Assert.False(memory.HasRoom(-1));
        Assert.Contains("no room", Assert.Throws<HostException>(() => memory.Append([0x90])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Senseless_sizes_and_use_after_dispose_throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExecutableMemory(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExecutableMemory(int.MaxValue));
        ExecutableMemory memory = new(1);
        memory.Dispose();
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Append([0xC3]));
        Assert.Equal(Architecture.X64, RuntimeInformation.ProcessArchitecture);
    }
}
