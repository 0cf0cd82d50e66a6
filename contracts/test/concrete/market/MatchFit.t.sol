// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {TokenParameters} from "../../../src/interfaces/IParameters.sol";
import {Offer, Prices, Request, Terms} from "../../../src/types/Lease.sol";
import {TestToken} from "../../utils/TestToken.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @dev What two good signatures cannot make fit.
contract MatchFitTest is MarketFixture {
    function test_RevertWhen_ProviderIsUnknownOrInactive() external {
        Offer memory o = _offer();
        o.provider = stranger;
        _refused(o, _request(), abi.encodeWithSelector(IMarket.ProviderNotActive.selector, stranger));
        vm.prank(provider);
        registry.setActive(false);
        _refused(_offer(), _request(), abi.encodeWithSelector(IMarket.ProviderNotActive.selector, provider));
    }

    function test_RevertWhen_CapabilityIsMissing() external {
        Request memory r = _request();
        r.requiredCapabilities = 0x1F;
        _refused(_offer(), r, abi.encodeWithSelector(IMarket.CapabilityMissing.selector, 0x18));
    }

    function test_RevertWhen_ProviderIsNotWanted() external {
        Request memory r = _request();
        r.provider = stranger;
        _refused(_offer(), r, abi.encodeWithSelector(IMarket.ProviderNotWanted.selector, provider, stranger));
    }

    /// @dev A tenant that chose the judge alone would choose its own.
    function test_RevertWhen_ArbitersDiffer() external {
        address[2] memory others = [address(0), stranger];
        for (uint256 i = 0; i < 2; ++i) {
            Request memory r = _request();
            r.arbiter = others[i];
            _refused(_offer(), r, abi.encodeWithSelector(IMarket.ArbiterDiffers.selector, arbiter, others[i]));
        }
    }

    function test_RevertWhen_TokensDiffer() external {
        Request memory r = _request();
        r.token = stranger;
        _refused(_offer(), r, abi.encodeWithSelector(IMarket.TokenDiffers.selector, address(token), stranger));
    }

    function test_RevertWhen_DurationIsOutOfRange() external {
        Request memory r = _request();
        uint32[2] memory bad = [0, uint32(366 days) + 1];
        for (uint256 i = 0; i < 2; ++i) {
            r.durationSeconds = bad[i];
            _refused(_offer(), r, abi.encodeWithSelector(IMarket.DurationOutOfRange.selector, bad[i], 1, 366 days));
        }
    }

    function test_RevertWhen_NoticeIsOutOfRange() external {
        Offer memory o = _offer();
        uint32[2] memory bad = [uint32(59), 3601];
        for (uint256 i = 0; i < 2; ++i) {
            o.noticeSeconds = bad[i];
            _refused(o, _request(), abi.encodeWithSelector(IMarket.NoticeOutOfRange.selector, bad[i], 60, 3600));
        }
    }

    function test_RevertWhen_ActivationIsTooSlow() external {
        Offer memory o = _offer();
        o.activationSeconds = 301;
        _refused(o, _request(), abi.encodeWithSelector(IMarket.ActivationTooSlow.selector, 301, 300));
        o.activationSeconds = 300;
        _match(o, _request());
    }

    function test_RevertWhen_DowntimeCreditIsTooLowOrNone() external {
        Offer memory o = _offer();
        o.downtimeBps = 4_999;
        _refused(o, _request(), abi.encodeWithSelector(IMarket.DowntimeCreditTooLow.selector, 4_999, 5_000));
        o.downtimeBps = 10_001;
        _refused(o, _request(), abi.encodeWithSelector(IMarket.DowntimeCreditInvalid.selector, 10_001, 10_000));
        o.downtimeBps = 5_000;
        _match(o, _request());
    }

    function test_RevertWhen_ResourcesAreEmpty() external {
        Request memory r = _request();
        r.resources.cpuMilli = 0;
        _refused(_offer(), r, abi.encodeWithSelector(IMarket.ResourcesEmpty.selector));
        r = _request();
        r.resources.memoryMiB = 0;
        _refused(_offer(), r, abi.encodeWithSelector(IMarket.ResourcesEmpty.selector));
    }

    function test_RevertWhen_ResourcesExceedOffer() external {
        _exceeds("cpuMilli", 64_001, 64_000, 0);
        _exceeds("memoryMiB", 262_145, 262_144, 1);
        _exceeds("storageMiB", 1_048_577, 1_048_576, 2);
        _exceeds("egressKiBps", 125_001, 125_000, 3);
        _exceeds("gpuCountA", 9, 8, 4);
        _exceeds("gpuCountB", 9, 8, 5);
    }

    function _exceeds(string memory field, uint256 wanted, uint256 offered, uint256 which) private {
        Request memory r = _request();
        if (which == 0) r.resources.cpuMilli = uint32(wanted);
        if (which == 1) r.resources.memoryMiB = uint32(wanted);
        if (which == 2) r.resources.storageMiB = uint32(wanted);
        if (which == 3) r.resources.egressKiBps = uint32(wanted);
        if (which == 4) r.resources.gpuCountA = uint16(wanted);
        if (which == 5) r.resources.gpuCountB = uint16(wanted);
        bytes4 why = IMarket.ResourcesExceedOffer.selector;
        _refused(_offer(), r, abi.encodeWithSelector(why, field, wanted, offered));
    }

    function test_RevertWhen_GpuClassDiffers() external {
        Request memory r = _request();
        r.resources.gpuClassA = keccak256("other");
        bytes4 why = IMarket.GpuClassDiffers.selector;
        _refused(_offer(), r, abi.encodeWithSelector(why, keccak256("other"), A100));
        r.resources.gpuClassA = 0;
        _refused(_offer(), r, abi.encodeWithSelector(why, bytes32(0), A100));
        r = _request();
        r.resources.gpuClassB = keccak256("other");
        _refused(_offer(), r, abi.encodeWithSelector(why, keccak256("other"), keccak256("other")));
        r.resources.gpuClassB = A100;
        r.resources.gpuCountB = 1;
        _refused(_offer(), r, abi.encodeWithSelector(why, A100, keccak256("other")));
    }

    function test_RevertWhen_PriceIsAboveMaximum() external {
        string[6] memory fields = ["cpu", "memoryMiB", "storageMiB", "egress", "gpuA", "gpuB"];
        for (uint256 i = 0; i < 6; ++i) {
            Request memory r = _request();
            r.resources.gpuCountB = 1;
            r.resources.gpuClassB = keccak256("other");
            Offer memory o = _offer();
            uint96[6] memory p = [uint96(2e9), 1e9, 1e8, 2e9, 2_876_000_000, 0];
            p[i] += 1;
            o.prices = Prices(p[0], p[1], p[2], p[3], p[4], p[5]);
            bytes4 why = IMarket.PriceAboveMaximum.selector;
            _refused(o, r, abi.encodeWithSelector(why, fields[i], p[i], p[i] - 1));
        }
        Offer memory dear = _offer();
        dear.minCharge = MIN_CHARGE + 1;
        bytes4 above = IMarket.PriceAboveMaximum.selector;
        _refused(dear, _request(), abi.encodeWithSelector(above, "minCharge", MIN_CHARGE + 1, MIN_CHARGE));
        dear.minCharge = 0;
        dear.startFee = MAX_START_FEE + 1;
        _refused(dear, _request(), abi.encodeWithSelector(above, "startFee", MAX_START_FEE + 1, MAX_START_FEE));
        dear.startFee = 0;
        uint96 fee = dear.reservationFee = RESERVATION_FEE + 1;
        _refused(dear, _request(), abi.encodeWithSelector(above, "reservationFee", fee, RESERVATION_FEE));
    }

    function test_PriceOfWhatIsNotReserved_IsZeroInTheTerms() external {
        Request memory r = _request();
        r.resources.storageMiB = 0;
        r.resources.egressKiBps = 0;
        (r.resources.gpuCountA, r.resources.gpuClassA) = (0, 0);
        r.maxPrices = Prices(2e9, 1e9, 0, 0, 0, 0);
        Offer memory o = _offer();
        o.prices.gpuB = 5;
        (bytes32 id, Terms memory terms) = _match(o, r);
        vm.assertEq(keccak256(abi.encode(terms.prices)), keccak256(abi.encode(r.maxPrices)), "terms");
        vm.assertEq(manager.lease(id).termsHash, manager.hashTerms(terms), "stored");
    }

    function test_RevertWhen_DepositIsTooLow() external {
        Request memory r = _request();
        uint256 needed = RESERVE + MIN_CHARGE + MAX_START_FEE;
        Offer memory o = _offer();
        o.startFee = MAX_START_FEE;
        r.deposit = uint96(needed) - 1;
        _refused(o, r, abi.encodeWithSelector(IMarket.DepositTooLow.selector, needed - 1, needed));
        r.deposit = uint96(needed);
        _match(o, r);
    }

    function test_RevertWhen_NothingIsDeposited() external {
        Offer memory o = _offer();
        (o.prices, o.minCharge) = (Prices(0, 0, 0, 0, 0, 0), 0);
        Request memory r = _request();
        r.deposit = 0;
        _refused(o, r, abi.encodeWithSelector(IMarket.DepositTooLow.selector, 0, BOUNTY));
        vm.prank(governor);
        parameters.setToken(address(token), TokenParameters(0, 0, 0));
        _refused(o, r, abi.encodeWithSelector(IMarket.DepositTooLow.selector, 0, 1));
        r.deposit = 1;
        _sendBoth(o, r);
    }

    function test_RevertWhen_TokenIsNotAllowed() external {
        Offer memory o = _offer();
        Request memory r = _request();
        o.token = r.token = address(new TestToken());
        _refused(o, r, abi.encodeWithSelector(IVault.TokenNotAllowed.selector, r.token));
    }

    function test_RevertWhen_MoneyIsMissing() external {
        Request memory r = _request();
        r.deposit = 10 * DEPOSIT + 1;
        bytes4 why = IERC20Errors.ERC20InsufficientBalance.selector;
        _refused(_offer(), r, abi.encodeWithSelector(why, tenant, 5 * DEPOSIT, 5 * DEPOSIT + 1));
    }
}
