// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../../src/interfaces/IDatacenterRegistry.sol";
import {Prices} from "../../../src/types/Lease.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

contract RegistryTest is RegistryFixture {
    address private newcomer = address(0x4E);
    address private key = address(0x4F);

    function _register(address operator_, address payout_, string memory endpoint, string memory region) private {
        vm.prank(newcomer);
        registry.register(operator_, payout_, 3, endpoint, region);
    }

    function _expectNotRegistered() private {
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.NotRegistered.selector, newcomer));
        vm.prank(newcomer);
    }

    function _share() private view returns (uint16 bps) {
        (,, bps) = registry.payee(provider);
    }

    function _announce(uint16 bps) private {
        vm.prank(provider);
        registry.announceDelegatorShare(bps);
    }

    function test_Register_RevertWhen_Registered() external {
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.AlreadyRegistered.selector, provider));
        _register(provider);
    }

    function test_Register_RevertWhen_OperatorIsZero() external {
        vm.expectRevert(IDatacenterRegistry.OperatorZero.selector);
        _register(address(0), payout, "https://a", "");
    }

    function test_Register_RevertWhen_PayoutIsZero() external {
        vm.expectRevert(IDatacenterRegistry.PayoutZero.selector);
        _register(key, address(0), "https://a", "");
    }

    function test_Register_RevertWhen_EndpointIsInvalid() external {
        string[5] memory bad = ["", "ftp://a", "https://", "http://", "https:/a.example"];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.EndpointInvalid.selector, bad[i]));
            _register(key, payout, bad[i], "");
        }
    }

    function test_Register_RevertWhen_TextIsTooLong() external {
        string memory long = string.concat("https://", string(new bytes(249)));
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.TextTooLong.selector, "endpoint", 257, 256));
        _register(key, payout, long, "");
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.TextTooLong.selector, "region", 65, 64));
        _register(key, payout, "https://a", string(new bytes(65)));
    }

    function test_Register_Writes() external {
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.DatacenterRegistered(newcomer, operator, payout, 3, "http://127.0.0.1:1", "north");
        _register(operator, payout, "http://127.0.0.1:1", "north"); // the first provider's operator: no matter

        IDatacenterRegistry.Datacenter memory dc = registry.datacenter(newcomer);
        vm.assertEq(dc.endpoint, "http://127.0.0.1:1", "endpoint");
        vm.assertEq(dc.region, "north", "region");
        vm.assertEq(dc.registeredAt, START, "time");
        (address o, address p, bool active, uint256 capabilities) = registry.standing(newcomer);
        vm.assertEq(o, operator, "operator");
        vm.assertEq(p, payout, "payout");
        vm.assertTrue(active, "active");
        vm.assertEq(capabilities, 3, "capabilities");
        vm.assertEq(registry.providerCount(), 2, "count");
        vm.assertEq(registry.providerAt(0), provider, "first");
        vm.assertEq(registry.providerAt(1), newcomer, "second");
    }

    function test_Update_RevertWhen_NotRegistered() external {
        _expectNotRegistered();
        registry.update(key, payout, 0, "https://a", "");
    }

    function test_Update_RevertWhen_Invalid() external {
        vm.startPrank(provider);
        vm.expectRevert(IDatacenterRegistry.OperatorZero.selector);
        registry.update(address(0), payout, 0, "https://a", "");
        vm.expectRevert(IDatacenterRegistry.PayoutZero.selector);
        registry.update(key, address(0), 0, "https://a", "");
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.EndpointInvalid.selector, ""));
        registry.update(key, payout, 0, "", "");
    }

    function test_Update_Writes() external {
        vm.prank(provider);
        registry.setActive(false);
        vm.warp(START + 1);
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.DatacenterUpdated(provider, key, bob, 9, "https://b", "south");
        vm.prank(provider);
        registry.update(key, bob, 9, "https://b", "south");
        IDatacenterRegistry.Datacenter memory dc = registry.datacenter(provider);
        vm.assertEq(dc.operator, key, "operator");
        vm.assertEq(dc.payout, bob, "payout");
        vm.assertEq(dc.capabilities, 9, "capabilities");
        vm.assertEq(dc.registeredAt, START, "time");
        vm.assertFalse(dc.active, "active");
        (address o, address p, uint16 bps) = registry.payee(provider);
        vm.assertEq(o, key, "payee operator");
        vm.assertEq(p, bob, "payee payout");
        vm.assertEq(bps, 0, "no share");
    }

    function test_SetActive() external {
        _expectNotRegistered();
        registry.setActive(true);

        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.DatacenterActive(provider, false);
        vm.prank(provider);
        registry.setActive(false);
        vm.assertFalse(registry.datacenter(provider).active, "active");
    }

    function test_PublishPriceBook() external {
        Prices memory prices = Prices(1, 2, 3, 4, 5, 6);
        bytes32 class = keccak256("class");
        _expectNotRegistered();
        registry.publishPriceBook(address(token), class, 0, prices);

        bytes32 expected = keccak256(abi.encode(address(token), class, bytes32(0), prices));
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.PriceBookPublished(provider, expected, address(token), class, 0, prices);
        vm.prank(provider);
        vm.assertEq(registry.publishPriceBook(address(token), class, 0, prices), expected, "returned");
        vm.assertEq(registry.datacenter(provider).priceBook, expected, "stored");
    }

    function test_Share_RevertWhen_NotRegistered() external {
        _expectNotRegistered();
        registry.announceDelegatorShare(1);
    }

    function test_Share_RevertWhen_MoreThanAll() external {
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.ShareOutOfRange.selector, 10_001, 10_000));
        _announce(10_001);
    }

    function test_Share_HoldsAfterTheTime() external {
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.DelegatorShareAnnounced(provider, 10_000, START + UNBONDING);
        _announce(10_000);
        vm.assertEq(_share(), 0, "at once");
        vm.warp(START + UNBONDING - 1);
        vm.assertEq(_share(), 0, "before");
        vm.warp(START + UNBONDING);
        vm.assertEq(_share(), 10_000, "after");
        _announce(5);
        vm.assertEq(_share(), 10_000, "the one before holds");
        vm.warp(START + 2 * UNBONDING);
        vm.assertEq(_share(), 5, "next");
    }

    function test_Share_IsReplacedBeforeItHolds() external {
        _announce(100);
        vm.warp(START + UNBONDING);
        _announce(200);
        vm.warp(START + 2 * UNBONDING - 1);
        _announce(300);
        vm.warp(START + 2 * UNBONDING);
        vm.assertEq(_share(), 100, "200 never held");
        vm.warp(START + 3 * UNBONDING - 1);
        vm.assertEq(_share(), 300, "300 does");
    }

    function test_KnowsItsNeighbours() external view {
        vm.assertEq(address(registry.vault()), address(vault), "vault");
        vm.assertEq(registry.leaseManager(), leaseManager, "leaseManager");
        vm.assertEq(registry.unbondingSeconds(), UNBONDING, "unbonding");
    }
}
