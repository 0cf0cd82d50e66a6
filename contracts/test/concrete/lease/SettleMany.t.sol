// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {LeaseState, Settlement, Terms, UsageReceipt} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";
import {TestToken} from "../../utils/TestToken.sol";
import {Wallet} from "../../utils/Wallet.sol";

/// @title A tenant whose ERC-1271 answer burns all the gas it is given.
contract Burner {
    fallback() external {
        while (true) {}
    }
}

contract SettleManyTest is LeaseFixture {
    function test_RevertWhen_TooMany() external {
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.BatchTooLarge.selector, 101, 100));
        manager.settleMany(new Settlement[](101));
    }

    function _three() private returns (Settlement[] memory good) {
        good = new Settlement[](3);
        for (uint256 i = 0; i < 3; ++i) {
            Terms memory terms = _default();
            terms.durationSeconds -= uint32(i); // leases of equal terms have equal hashes
            bytes32 id = _run(terms);
            good[i] = Settlement(terms, _receipt(id, 1, 100), "");
            good[i].receipt.through = START + 100;
        }
        vm.warp(START + 100);
    }

    function test_SkipsTheBad_SettlesTheGood() external {
        Settlement[] memory good = _three();
        Settlement[] memory items = new Settlement[](8);
        (items[0], items[1], items[7]) = (good[0], good[1], good[2]);
        items[2] = Settlement(good[2].terms, _receipt("?", 1, 1), "");
        items[3] = good[0]; // a replay
        items[4] = Settlement(good[1].terms, _receipt(good[0].receipt.leaseId, 2, 100), ""); // another's terms
        items[5] = Settlement(good[1].terms, _receipt(good[1].receipt.leaseId, 2, 100), "");
        items[5].receipt.through = START + 101;
        items[6] = Settlement(good[2].terms, _receipt(good[2].receipt.leaseId, 2, 100), "not a signature");

        _expectSkip(items[2].receipt.leaseId, ILeaseManager.LeaseUnknown.selector);
        _expectSkip(items[3].receipt.leaseId, ILeaseManager.SeqTooLow.selector);
        _expectSkip(items[4].receipt.leaseId, ILeaseManager.TermsDiffer.selector);
        _expectSkip(items[5].receipt.leaseId, ILeaseManager.ThroughInvalid.selector);
        _expectSkip(items[6].receipt.leaseId, ILeaseManager.SignatureInvalid.selector);
        vm.prank(operator);
        manager.settleMany(items);
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(_lease(good[i].receipt.leaseId).claimed, 100 * RATE, "good");
            vm.assertEq(_lease(good[i].receipt.leaseId).seq, 1, "first receipt");
        }
    }

    function test_Countersigned_ArePaidAtOnce() external {
        Settlement[] memory items = _three();
        items[0].tenantSignature = _agree(TENANT_KEY, items[0].receipt);
        items[2].tenantSignature = _agree(TENANT_KEY, items[2].receipt);
        vm.prank(operator);
        manager.settleMany(items);
        vm.assertEq(_balance(payout), 2 * _net(100 * RATE), "two");
        vm.assertEq(_balance(treasury), 200 * RATE - 2 * _net(100 * RATE), "fees");
        vm.assertEq(_pending(items[1].receipt.leaseId), 100 * RATE, "one waits");
    }

    function test_SkipsLeasesOfOtherProviders() external {
        _join(stranger, address(0x57AA), stranger);
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 100);
        Settlement[] memory items = new Settlement[](1);
        items[0] = Settlement(terms, _receipt(id, 1, 100), "");
        _expectSkip(id, ILeaseManager.NotOperator.selector);
        vm.prank(stranger);
        manager.settleMany(items);
        vm.assertEq(manager.lease(id).seq, 0, "unchanged");
        vm.prank(provider);
        manager.settleMany(items);
        vm.assertEq(manager.lease(id).seq, 1, "its provider may");
    }

    function test_SeveralProvidersAndTokens() external {
        (address other,) = _datacenter(1);
        vm.prank(other);
        registry.update(operator, address(0x9B), 7, "https://dc.example", "");
        TestToken coin = new TestToken();
        _allow(address(coin));
        coin.mint(tenant, DEPOSIT);
        vm.prank(tenant);
        coin.approve(address(vault), DEPOSIT);

        Settlement[] memory items = new Settlement[](4);
        for (uint256 i = 0; i < 4; ++i) {
            Terms memory terms = _default();
            if (i & 1 != 0) terms.provider = other;
            if (i == 2) (terms.token, terms.slice, terms.penalty) = (address(coin), 0, 0);
            bytes32 id = _run(terms);
            items[i] = Settlement(terms, _receipt(id, 1, 100 + uint64(i)), "");
            items[i].receipt.through = START + 200;
            items[i].tenantSignature = _agree(TENANT_KEY, items[i].receipt);
        }
        vm.warp(START + 200);
        vm.prank(operator);
        manager.settleMany(items);
        vm.assertEq(_balance(payout), _net(100 * RATE), "first provider");
        vm.assertEq(_balance(address(0x9B)), _net(101 * RATE) + _net(103 * RATE), "second provider");
        vm.assertEq(vault.balanceOf(address(coin), payout), _net(102 * RATE), "other token");
        vm.assertEq(vault.balanceOf(address(coin), treasury), 102 * RATE - _net(102 * RATE), "its fee");
    }

    function test_FinalItems_Close() external {
        (bytes32 id, Terms memory terms) = _active();
        _close(tenant, id, terms);
        Settlement[] memory items = new Settlement[](2);
        items[0] = Settlement(terms, _final(id, 1, 0), "");
        items[1] = Settlement(terms, _receipt(id, 2, 0), "");
        _expectSkip(id, ILeaseManager.StateWrong.selector);
        vm.prank(operator);
        manager.settleMany(items);
        _assertState(id, LeaseState.Closed);
        vm.assertEq(_balance(payout), _net(MIN_CHARGE), "minimum");
    }

    /// @dev A penalty that empties the stake pool comes after what the items before it have earned for the pool.
    function test_SharesComeBeforeALaterPenalty() external {
        vm.prank(provider);
        registry.announceDelegatorShare(2_000);
        vm.warp(START + 122 days);
        Settlement[] memory items = new Settlement[](2);
        for (uint256 i = 0; i < 2; ++i) {
            Terms memory terms = _default();
            (terms.slice, terms.penalty) = i == 0 ? (0, 0) : (uint96(STAKE), uint96(STAKE));
            items[i] = Settlement(terms, _receipt(_run(terms), 1, 100), "");
        }
        _close(operator, items[1].receipt.leaseId, items[1].terms);
        vm.warp(block.timestamp + 100);
        (items[0].receipt.through, items[1].receipt.isFinal) = (uint40(block.timestamp), true);
        items[0].tenantSignature = _agree(TENANT_KEY, items[0].receipt);
        vm.prank(operator);
        manager.settleMany(items);
        vm.assertEq(registry.stakePool(provider, address(token)).assets, _net(100 * RATE) / 5, "still the stakers'");
    }

    /// @dev More payees than a till holds.
    function test_ManyPayees() external {
        Settlement[] memory items = new Settlement[](20);
        for (uint256 i = 0; i < 20; ++i) {
            Terms memory terms = _default();
            (terms.royaltyTo, terms.royaltyBps) = (address(uint160(0xA000 + i)), 1_000);
            bytes32 id = _run(terms, 20e6);
            items[i] = Settlement(terms, _receipt(id, 1, 100), "");
            items[i].receipt.through = START + 100;
            items[i].tenantSignature = _agree(TENANT_KEY, items[i].receipt);
        }
        vm.warp(START + 100);
        vm.prank(operator);
        manager.settleMany(items);
        for (uint256 i = 0; i < 20; ++i) {
            vm.assertEq(_balance(address(uint160(0xA000 + i))), 10 * RATE, "royalty");
        }
        vm.assertEq(_balance(payout), 20 * (90 * RATE - RATE / 2), "provider");
        vm.assertEq(_balance(treasury), 20 * RATE / 2, "treasury");
    }

    /// @dev A hundred items, a third of them hostile: contracts that burn gas, garbage, replays.
    function test_HostileHundred() external {
        _stake(provider, 90 * STAKE);
        Settlement[] memory items = new Settlement[](100);
        address burner = address(new Burner());
        for (uint256 i = 0; i < 100; ++i) {
            Terms memory terms = _default();
            if (i % 10 == 0) terms.tenant = burner;
            bytes32 id = _run(terms, 10e6);
            items[i] = Settlement(terms, _receipt(id, 1, 100), "");
            items[i].receipt.through = START + 100;
            if (i % 10 == 0) items[i].tenantSignature = "any";
            if (i % 10 == 1) items[i].tenantSignature = new bytes(65);
            if (i % 10 == 2) items[i].receipt.seq = 0;
            if (i % 10 == 3) items[i].terms.slice = type(uint96).max;
        }
        vm.warp(START + 100);
        vm.prank(operator);
        uint256 gas = gasleft();
        manager.settleMany(items);
        vm.assertLe(gas - gasleft(), 100 * 80_000 + 10 * 200_000, "the burners get what they are given and no more");
        for (uint256 i = 0; i < 100; ++i) {
            vm.assertEq(_lease(items[i].receipt.leaseId).claimed, i % 10 < 4 ? 0 : 100 * RATE, "each on its own");
        }
    }
}
