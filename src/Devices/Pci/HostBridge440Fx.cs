using Doppel.Primitives;

namespace Doppel.Devices.Pci;

/// <summary>Switches what answers between 0xC0000 and 0xFFFFF.</summary>
public interface IShadowMemory
{
    /// <summary>
    /// Segment 0 is 0xF0000-0xFFFFF; segments 1 to 12 are 16 KiB each from 0xC0000. False for both: the ROM side answers.
    /// </summary>
    void SetSegment(int segment, bool readRam, bool writeRam);
}

/// <summary>
/// The host bridge of the 440FX chipset, 8086:1237 (datasheet order number 290549): attribute registers PAM0-PAM6 (3.2.18) and SMRAM (3.2.24)
/// as bytes. Not modelled: DRAM timing and size, system-management RAM, AGP, turbo and reset control; those registers read as zero.
/// </summary>
public sealed class HostBridge440Fx : PciFunction
{
    private const int FirstPam = 0x59;
    private const int PamCount = 7;
    private const int Smram = 0x72;

    private readonly IShadowMemory? _shadow;

    /// <summary>The bridge; <paramref name="shadow"/> follows its attribute registers.</summary>
    public HostBridge440Fx(IShadowMemory? shadow = null)
        : base("host-bridge", new PciIdentity(0x8086, 0x1237, 0x06_00_00, 0x02))
    {
        _shadow = shadow;

        // Memory decoding and bus mastering are always on (3.2.3).
        Config.Define(0x04, AccessSize.Word, 0x0006);
        Config.Define(0x06, AccessSize.Word, 0x0280);
        Config.Define(FirstPam, AccessSize.Byte, 0, 0x30);
        for (int i = 1; i < PamCount; i++)
        {
            Config.Define(FirstPam + i, AccessSize.Byte, 0, 0x33);
        }

        Config.Define(Smram, AccessSize.Byte, 0x02, 0x78);
    }

    /// <inheritdoc/>
    protected override void ResetDevice(ResetKind kind) => Apply();

    /// <inheritdoc/>
    protected override void RestoreDevice(IStateReader from) => Apply();

    /// <inheritdoc/>
    protected override void ConfigWritten(int offset, int length)
    {
        if (offset < FirstPam + PamCount && offset + length > FirstPam)
        {
            Apply();
        }
    }

    private void Apply()
    {
        if (_shadow is null)
        {
            return;
        }

        Set(0, Config[FirstPam] >> 4);
        for (int i = 1; i < PamCount; i++)
        {
            Set((i * 2) - 1, Config[FirstPam + i]);
            Set(i * 2, Config[FirstPam + i] >> 4);
        }
    }

    private void Set(int segment, int attributes) => _shadow!.SetSegment(segment, (attributes & 1) != 0, (attributes & 2) != 0);
}
