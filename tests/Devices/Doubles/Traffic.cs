using Doppel.Primitives;

namespace Doppel.Devices.Tests.Doubles;

/// <summary>Random register traffic from a fixed seed: what a hostile guest can do to a device. The device must not throw or storm.</summary>
internal sealed class Traffic(FakeSlot slot, int seed)
{
    private static readonly AccessSize[] s_sizes = [AccessSize.Byte, AccessSize.Byte, AccessSize.Byte, AccessSize.Word, AccessSize.Dword];
    private ulong _state = ((ulong)(uint)seed * 2) + 1;
    private ulong _digest = 14695981039346656037;

    /// <summary>A digest of everything that was read: equal for equal behaviour.</summary>
    public ulong Digest => _digest;

    /// <summary>Makes <paramref name="accesses"/> accesses to claimed ports, with time passing between them.</summary>
    public void Run(int accesses)
    {
        ushort[] ports = slot.ClaimedPorts();
        for (int i = 0; i < accesses; i++)
        {
            ushort port = ports[Next(ports.Length)];
            AccessSize size = s_sizes[Next(s_sizes.Length)];
            if (Next(2) == 0)
            {
                _digest = (_digest ^ slot.In(port, size)) * 1099511628211;
            }
            else
            {
                slot.Out(port, size, NextBits());
            }

            if (Next(4) == 0)
            {
                slot.Time.Advance(Next(Next(16) == 0 ? 100_000 : 3_000));
            }
        }
    }

    private int Next(int below) => (int)((NextBits() >> 33) % (ulong)below);

    private ulong NextBits()
    {
        // xorshift64*: the same sequence on every host and runtime.
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return _state * 0x2545_F491_4F6C_DD1D;
    }
}
