// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../../src/interfaces/IDatacenterRegistry.sol";
import {Prices} from "../../../src/types/Lease.sol";
import {Fixture} from "../../utils/Fixture.sol";

contract RegistryTest is Fixture {
    address private newcomer = address(0x4E);
    address private key = address(0x4F);

    function _register(address operator_, address payout_, string memory endpoint, string memory region) private {
        vm.prank(newcomer);
        registry.register(operator_, payout_, 3, endpoint, region);
    }

    function test_Register_RevertWhen_Registered() external {
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.AlreadyRegistered.selector, provider));
        _join(provider, key, payout);
    }

    function test_Register_RevertWhen_OperatorIsZero() external {
        vm.expectRevert(IDatacenterRegistry.OperatorZero.selector);
        _register(address(0), payout, "https://a", "");
    }

    function test_Register_RevertWhen_PayoutIsZero() external {
        vm.expectRevert(IDatacenterRegistry.PayoutZero.selector);
        _register(key, address(0), "https://a", "");
    }

    function test_Register_RevertWhen_OperatorIsTaken() external {
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.OperatorTaken.selector, operator, provider));
        _register(operator, payout, "https://a", "");
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
        emit IDatacenterRegistry.DatacenterRegistered(newcomer, key, payout, 3, "http://127.0.0.1:1", "north");
        _register(key, payout, "http://127.0.0.1:1", "north");

        IDatacenterRegistry.Datacenter memory dc = registry.datacenter(newcomer);
        vm.assertEq(dc.endpoint, "http://127.0.0.1:1", "endpoint");
        vm.assertEq(dc.region, "north", "region");
        vm.assertEq(dc.registeredAt, START, "time");
        vm.assertEq(registry.providerOf(key), newcomer, "reverse");
        (address o, address p, bool active, uint256 capabilities) = registry.standing(newcomer);
        vm.assertEq(o, key, "operator");
        vm.assertEq(p, payout, "payout");
        vm.assertTrue(active, "active");
        vm.assertEq(capabilities, 3, "capabilities");
    }

    function test_Update_RevertWhen_NotRegistered() external {
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.NotRegistered.selector, newcomer));
        vm.prank(newcomer);
        registry.update(key, payout, 0, "https://a", "");
    }

    function test_Update_FreesTheOldOperator() external {
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.DatacenterUpdated(provider, key, stranger, 9, "https://b", "south");
        vm.prank(provider);
        registry.update(key, stranger, 9, "https://b", "south");
        vm.assertEq(registry.providerOf(operator), address(0), "old");
        vm.assertEq(registry.providerOf(key), provider, "new");
        _register(operator, payout, "https://a", "");
    }

    function test_Update_KeepsTheOperator() external {
        vm.prank(provider);
        registry.update(operator, stranger, 9, "https://b", "south");
        vm.assertEq(registry.providerOf(operator), provider, "reverse");
        vm.assertEq(registry.datacenter(provider).payout, stranger, "payout");
    }

    function test_SetActive() external {
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.NotRegistered.selector, newcomer));
        vm.prank(newcomer);
        registry.setActive(true);

        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.DatacenterActive(provider, false);
        vm.prank(provider);
        registry.setActive(false);
        vm.assertFalse(registry.datacenter(provider).active, "active");
    }

    function test_PublishPriceBook() external {
        Prices memory prices = _prices();
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.NotRegistered.selector, newcomer));
        vm.prank(newcomer);
        registry.publishPriceBook(address(token), A100, 0, prices);

        bytes32 expected = keccak256(abi.encode(address(token), A100, bytes32(0), prices));
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.PriceBookPublished(provider, expected, address(token), A100, 0, prices);
        vm.prank(provider);
        vm.assertEq(registry.publishPriceBook(address(token), A100, 0, prices), expected, "returned");
        vm.assertEq(registry.datacenter(provider).priceBook, expected, "stored");
    }
}
